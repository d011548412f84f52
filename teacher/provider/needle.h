// needle: how well can a provider find one distiller among hundreds of millions of users, for which volume of requests,
// at which false alarms? For each haystack: detectors are calibrated, a month of honest accounts is read, and campaigns
// of every strategy and volume are judged by them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/campaigns.h"
#include "teacher/provider/haystack_pass.h"

namespace retort {

struct NeedleConfig {
  std::vector<std::string> haystacks = {"chat", "debate", "api"};
  std::vector<std::string> strategies = {kStrategyNames, kStrategyNames + std::size(kStrategyNames)};
  std::string honest_rate = "gamma";
  double accounts = 0;
  double sample_accounts = 300'000, tail_accounts = 10'000, campaign_requests = 300'000, sensitivity_accounts = 400'000;
  DetectorPolicy detectors;
  int64_t seed = 0;
  int threads = 2;
  std::shared_ptr<const LoggedMonths> logged;  // texts of a gateway's log; null: as the register assumes
};
void Describe(Describer& d, NeedleConfig& c);

// One campaign under one detector: the alternative of its strategy that obtains most, then the cheapest.
struct NeedleRow {
  Campaign campaign;
  Detector detector = Detector::kFused;
  CampaignOutcome outcome;
  Interval precision;  // guilty among all accounts that are flagged or ended; its ends are those of the shares
};

struct HaystackResult {
  Haystack haystack;
  PassCounts counts;
  PerDetector<Interval> honest_flagged, false_positive_rate;
  PerDetector<double> thresholds{};      // of volume in requests
  PerDetector<double> honest_reviews{};  // that the honest ask for in the horizon
  std::vector<NeedleRow> rows;           // by strategy, then volume, then detector
};

struct NeedleResult {
  std::vector<HaystackResult> haystacks;
  bool stopped = false;

  const NeedleRow* Find(std::string_view haystack, std::string_view strategy, double requests, Detector detector) const;
};

// One haystack. `shrink`: it is simulated with so many times fewer accounts and as much smaller a share of the reviews
// for the honest, and what is counted is multiplied; campaigns keep their size. nullopt where `watch` stopped it.
std::optional<HaystackResult> SearchHaystack(const std::string& name, const NeedleConfig& config,
                                             const NeedleAssumptions& assumptions, const std::vector<double>& volumes,
                                             double shrink, const Watch& watch);

// `volumes`: the Q to try, rising.
NeedleResult RunNeedle(const NeedleConfig& config, const NeedleAssumptions& assumptions,
                       const std::vector<double>& volumes, const Watch& watch);

// Difference of two independent estimates by their intervals (Zou & Donner 2008).
Interval Difference(const Interval& a, const Interval& b);

}  // namespace retort
