// What policy_table's conclusions stand on: each entry of the registers alone at both ends of its range; and where a
// conclusion turns, the value at which it does, by halving. Two entries together are tried by the draws only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/provider/policy_model.h"

namespace retort::provider {

// How one entry moves what the primary countermeasure adds (adaptive, first haystack).
struct PolicySwing {
  std::string entry, help;
  double low = 0, high = 0;  // values tried
  double days_low = 0, days_high = 0, dollars_low = 0, dollars_high = 0;
  double Width(double day_value) const;  // in dollars, days priced; infinite where one end is not completed
};

struct Flip {
  std::string conclusion, entry;
  double value = 0, at = 0;  // as registered; where it turns, nearest to that
};

struct PolicyConclusion {
  std::string text;
  bool holds = false;
};

struct PolicySensitivity {
  std::vector<PolicyConclusion> conclusions;
  std::vector<PolicySwing> swings;  // widest first; those that move nothing are left out
  std::vector<Flip> flips;
  std::vector<std::string> never;  // conclusions that no single entry turns within its range
};

// Conclusions: of each countermeasure, that it delays an adaptive distiller by less than `days`, and that
// it adds less than half to what one spends; that open weights cost
// less than any route through this provider, were it to do nothing.
std::optional<PolicySensitivity> RunPolicySensitivity(const PolicyModel& model, const PolicyRegisters& registers,
                                                      double samples, size_t primary, double days, int threads,
                                                      const Watch& watch);

}  // namespace retort::provider
