// The constants of identity checks and of the routes round them, by name: configs/assumptions/know_your_customer.toml.
#pragma once

#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/assumption.h"

namespace retort {

struct IdentityAssumptions {
  Assumption horizon_days, round_days, day_value, patience, email_price, phone_price, document_price, liveness_price,
      business_price, email_pass, phone_pass, document_pass, liveness_pass, business_pass, email_quota, phone_quota,
      document_quota, liveness_quota, business_quota, phone_lost, document_lost, liveness_lost, business_lost,
      phone_check, document_check, liveness_check, business_check, revenue, own_supply, straw_pay, straw_business_pay,
      straw_supply, reseller_price, reseller_setup, reseller_daily, resellers, reseller_found, reseller_compliance,
      key_price, key_daily, key_days, key_supply, rival_price, rival_need, rival_daily, open_price, open_need,
      open_daily, stand_out, found_below, found_above;
};

void Describe(Describer& d, IdentityAssumptions& a);
std::vector<NamedAssumption> Entries(const IdentityAssumptions& a);  // in the order of the register
Assumption& EntryOf(IdentityAssumptions& a, std::string_view name);  // which must be there

}  // namespace retort
