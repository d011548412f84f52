// The tables of know_your_customer and address_blocking.
#pragma once

#include "core/report/table.h"
#include "experiments/provider/rounds_report.h"

namespace retort::provider {

Table EffectTable(const RoundsReport& report, const VolumeEffects& volume, Among among);
// What each route costs under doing nothing and under the verdict's policy.
Table RouteTable(const RoundsReport& report, const VolumeEffects& volume);
Table CheapestTable(const RoundsReport& report, Among among);  // by volume and policy
Table TierTable(const RoundsReport& report);
Table AddressTable(const RoundsReport& report);                              // traffic of 800 000 answers among it
Table PeopleTable(const RoundsReport& report, const VolumeEffects& volume);  // by class of address

Table BreakEvenTable(const RoundsReport& report, Among among);  // a row a decade

Table RoundsRegisterTable(const RoundsReport& report);
DataTable RoundsRegisterData(const RoundsReport& report);

}  // namespace retort::provider
