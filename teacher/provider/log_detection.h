// A provider's detectors over its own request logs: what is rare they learn from logs of an honest month, then they
// read another. Half of the honest accounts (by a hash of their names) is what requests are compared with, the other
// half what scores are compared with, so that nobody is compared with himself.
//
// To the five of detectors.h comes `cluster`, which needs templates and looks once, at the end. Fused stays what it is
// there. Thresholds let so many honest accounts ring as can be looked at; beyond what the honest month showed an
// exponential tail is assumed (tail_model.h), which of a few hundred accounts is a guess.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "core/stats/interval.h"
#include "teacher/provider/detectors.h"
#include "teacher/provider/log_traffic.h"

namespace retort {

inline constexpr size_t kLogDetectors = kDetectors + 1;
inline constexpr std::array<std::string_view, kLogDetectors> kLogDetectorNames = {"volume",     "prada", "mmd",
                                                                                  "linked_mmd", "fused", "cluster"};

struct LogDetectionConfig {
  DetectorPolicy policy;
  double honest_alarms = 1;  // of each detector, in a month as long as the honest one and among as many accounts
  int64_t seed = 0;
};
void Describe(Describer& d, LogDetectionConfig& config);

struct AccountFinding {
  std::string account, tier;
  int64_t requests = 0;
  size_t linked = 1;                           // accounts of its group, itself too
  std::array<double, kLogDetectors> score{};   // kNoScore: nothing to look at
  std::array<double, kLogDetectors> rarity{};  // -ln of the share of honest accounts with such a score
  std::array<int, kLogDetectors> alarm_day{};  // of the month; 0: none
};
// How well a threshold is known: of so many honest accounts that were not compared with themselves, linked ones counted
// as one, so many lie at it or beyond, with the interval of the rate that this leaves possible (Clopper & Pearson 1934;
// the threshold being one of their own scores, its rate is a Beta between the two that the ends are quantiles of).
struct FalseAlarms {
  int64_t accounts = 0, beyond = 0;
  Interval rate;
};
struct LogFindings {
  int days = 0;
  double asked_rate = 0;  // of false alarms, a detector and month
  std::array<double, kLogDetectors> threshold{};
  std::array<FalseAlarms, kLogDetectors> false_alarms{};
  std::vector<AccountFinding> accounts;  // by name
};

// Whether so few honest accounts can tell such a rate: one of them is expected beyond the threshold at least. Else the
// threshold is extrapolated.
inline bool Resolves(const FalseAlarms& alarms, double rate) {
  return static_cast<double>(alarms.accounts) * rate >= 1;
}

// Throws Error for too few honest accounts (20), or logs whose pseudonyms cannot be compared.
LogFindings DetectInLogs(LoggedMonth honest, LoggedMonth month, const LogDetectionConfig& config);

}  // namespace retort
