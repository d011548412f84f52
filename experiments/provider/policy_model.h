// What each countermeasure is worth: by adversary and haystack, as registered and over draws from the registers and
// from the bootstraps of N90. The distiller's side is that of teacher/provider/rounds.h; κ and what detectors see are
// taken over from results.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/provider/policy_inputs.h"
#include "teacher/provider/policy_assumptions.h"
#include "teacher/provider/rounds_study.h"

namespace retort::provider {

struct PolicyRegisters {
  ProviderRegisters provider;
  PolicyAssumptions policy;
};
void Describe(Describer& d, PolicyRegisters& r);
std::vector<RegisterEntry> UsedEntries(PolicyRegisters& r);  // pointers into `r`

enum class CountermeasureKind { kNothing, kDetectors, kChecks, kBlocks, kSignal, kWithheld, kCompute };
struct Countermeasure {
  std::string name;
  CountermeasureKind kind = CountermeasureKind::kNothing;
  ProviderPolicy policy = {};
  std::optional<size_t> kappa = {};  // of PolicyInputs::kappas
};
std::vector<Countermeasure> Countermeasures(const PolicyInputs& inputs);

// A naive distiller goes on with the plan that is best without the policy, and with as many samples; an adaptive one
// takes its best response among the routes through this provider that it pays for.
enum class Adversary { kNaive, kAdaptive };
inline constexpr std::array<std::string_view, 2> kAdversaries = {"naive", "adaptive"};

// One row at one draw.
struct PolicyCell {
  Kappa kappa;
  double days = 0, dollars = 0;              // infinite where N90 is not reached within the horizon
  double added_days = 0, added_dollars = 0;  // against doing nothing
  bool short_of_n50 = false, short_of_n90 = false;
  double honest = 0;                       // people affected
  std::optional<double> provider_dollars;  // until the horizon; absent where it is not reckoned
  RouteIndex evasion = kOwn;               // the cheapest of all routes, other teachers included
  bool open_cheaper = false;               // open weights cost less than the best route through this provider
};

// Where a draw stands in the bootstraps: none and defence of each κ.
struct KappaDraw {
  bool estimated = true;
  std::vector<std::pair<double, double>> at = {};
};

// Every countermeasure x adversary x haystack, in this order.
class PolicyModel {
 public:
  PolicyModel(const PolicyInputs& inputs, std::vector<Countermeasure> measures)
      : inputs_(inputs), measures_(std::move(measures)) {}
  const std::vector<Countermeasure>& measures() const { return measures_; }
  size_t Index(size_t measure, Adversary adversary, size_t haystack) const {
    return (measure * kAdversaries.size() + static_cast<size_t>(adversary)) * kHaystacks.size() + haystack;
  }
  size_t rows() const { return measures_.size() * kAdversaries.size() * kHaystacks.size(); }
  // The first `haystacks` of them; what stands of the others is nothing.
  std::vector<PolicyCell> Reckon(const PolicyRegisters& registers, double samples, const KappaDraw& kappas,
                                 double detector_p, size_t haystacks = kHaystacks.size()) const;

 private:
  const PolicyInputs& inputs_;
  std::vector<Countermeasure> measures_;
};

struct PolicyRow {
  PolicyCell registered;
  // The middle 90 % of draws; estimates as registered.
  Interval kappa, days, dollars, added_days, added_dollars, honest;
  Bound kappa_low_bound = Bound::kExact, kappa_high_bound = Bound::kExact;
  std::optional<Interval> provider_dollars;
  double short_of_n50 = 0, short_of_n90 = 0, open_cheaper = 0;  // shares of draws
  std::array<double, kRouteCount> evasion{};
};

// One for each row of the model. `drawn`: N of the draws, rising; empty: `samples` in all.
std::optional<std::vector<PolicyRow>> DrawPolicies(const PolicyModel& model, const PolicyInputs& inputs,
                                                   const PolicyRegisters& registers, double samples,
                                                   const std::vector<double>& drawn, int draws, uint64_t seed,
                                                   int threads, const Watch& watch);

// Days of fine-tuning on so many samples with the chips that a limit leaves, and with all.
struct ComputeDays {
  double free = 0, limited = 0, scratch_free = 0, scratch_limited = 0;
  double dollars = 0;
};
ComputeDays ComputeOf(const PolicyAssumptions& policy, double samples);

}  // namespace retort::provider
