// What policy_table takes over from the shipped results of other experiments, each with its file: nothing here is
// measured again. Another folder of results may be given (results=...).
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/stats/interval.h"
#include "experiments/provider/need.h"

namespace retort::provider {

inline constexpr std::array<std::string_view, 3> kHaystacks = {"chat", "debate", "api"};

// How much more a student needs under a defence: κ = N90(defence) / N90(none), both from the bootstrap of their own
// arm.
struct KappaInput {
  std::string name;  // of the countermeasure
  std::string file, task, none_arm, defence_arm;
  Need none, defence;
};
// One draw of κ. `bound`: at least, where N90 under the defence was not reached, or without it was below what was
// tried.
struct Kappa {
  double value = 1;
  Bound bound = Bound::kExact;
};
Kappa EstimatedKappa(const KappaInput& input);
Kappa DrawnKappa(const KappaInput& input, double p_none, double p_defence);  // at quantiles of the two bootstraps

// One campaign of needle under the fused detector.
struct NeedleSeen {
  double requests = 0;
  std::string strategy;
  double obtained = 0, obtained_low = 0, obtained_high = 0, dollars = 0;
};
struct NeedleHaystack {
  std::vector<NeedleSeen> rows;
  Interval honest_flagged;  // in 30 days
  // At the volume nearest to `requests`: through one account, or by the strategy that obtains most, then costs least.
  const NeedleSeen& Loud(double requests) const;
  const NeedleSeen& Best(double requests) const;
};

// What a route of catching_up_cost takes at N90, in FLOPs, the base's pretraining not counted or counted.
struct FlopsInput {
  double distillation = 0, from_scratch = 0, distillation_with_base = 0;
};

// A row of know_your_customer's or address_blocking's summary.csv, as registered: routes that are paid for.
struct ShippedRow {
  std::string experiment, volume, policy;
  double days = 0, dollars = 0;
};

// A test of provenance: students flagged afterwards. Nothing is delayed by it; it is not in the table of delays.
struct ProvenanceRow {
  std::string task, test, role, attacker;  // role: taught | untaught | related
  double percent = 0;                      // of rows from the teacher
  double students = 0;
  Interval rate;
};

struct PolicyInputs {
  std::filesystem::path folder;
  Need need;                // N90 of few_samples
  double n50 = 0, n90 = 0;  // its estimates
  std::vector<KappaInput> kappas;
  std::array<NeedleHaystack, kHaystacks.size()> needle;
  FlopsInput flops;
  // withheld_capability: after 64 own examples of what is withheld, and before any, students of an undistilled base and
  // of those that distilled what is left; and of a teacher that withholds nothing.
  double withheld_base = 0, withheld_relearnt = 0, withheld_open = 0;
  std::vector<ShippedRow> shipped;
  std::vector<ProvenanceRow> provenance;                   // empty where there is no such result
  std::vector<std::pair<std::string, std::string>> files;  // name, what was taken from it
};

// Throws Error where a file is not there or holds not what it should.
PolicyInputs ReadPolicyInputs(const std::filesystem::path& results, const std::string& task, const std::string& arm,
                              uint64_t seed);

}  // namespace retort::provider
