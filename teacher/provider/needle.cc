#include "teacher/provider/needle.h"

#include <algorithm>
#include <cmath>

#include "teacher/provider/parallel.h"

namespace retort {
namespace {

constexpr double kSame =
    1e-9;  // method: shares that differ by less are the same to a distiller, who then takes the cheaper

constexpr double kSampled = 50;  // method: at most so small a part of a haystack is sampled
constexpr double kWhole = 1;     // method: times that a haystack is shrunk

struct Choice {
  std::vector<Campaign> alternatives;
  std::vector<size_t> plans;  // of each, among the distinct ones
};

NeedleRow BestResponse(const Choice& choice, const std::vector<PerDetector<CampaignOutcome>>& outcomes,
                       size_t detector) {
  size_t best = 0;
  for (size_t i = 1; i < choice.alternatives.size(); ++i) {
    const double gain = outcomes[i][detector].obtained.estimate - outcomes[best][detector].obtained.estimate;
    const bool cheaper = choice.alternatives[i].dollars < choice.alternatives[best].dollars;
    if (gain > kSame || (gain > -kSame && cheaper)) best = i;
  }
  return {.campaign = choice.alternatives[best],
          .detector = static_cast<Detector>(detector),
          .outcome = outcomes[best][detector]};
}

double Precision(double guilty, double honest) { return guilty + honest > 0 ? guilty / (guilty + honest) : 0; }

bool JudgeCampaigns(const NeedleConfig& config, const NeedleAssumptions& a, const std::vector<double>& volumes,
                    const Population& population, const Detectors& detectors,
                    const PerDetector<std::vector<double>>& honest_reviews, HaystackResult& result,
                    const Watch& watch) {
  PerDetector<std::vector<double>> places;
  for (size_t i = 0; i < kDetectors; ++i) places[i] = result.counts.rarities[i].Placements();
  auto sampled = static_cast<double>(result.counts.rarities[0].accounts());
  if (config.logged) sampled = std::min(sampled, static_cast<double>(config.logged->later.honest()));
  std::vector<Choice> choices;
  std::vector<AccountPlan> plans;
  for (const std::string& strategy : config.strategies) {
    for (const double requests : volumes) {
      Choice choice{.alternatives = Alternatives(strategy, requests, population, config.detectors, a)};
      for (const Campaign& campaign : choice.alternatives) {
        const auto found = std::ranges::find(plans, campaign.plan);
        choice.plans.push_back(static_cast<size_t>(found - plans.begin()));
        if (found == plans.end()) plans.push_back(campaign.plan);
      }
      choices.push_back(std::move(choice));
    }
  }
  std::vector<PlanAlarms> alarms(plans.size());
  const auto count = static_cast<int64_t>(plans.size());
  // One seed for all: plans that are compared meet the same luck.
  const auto seed = static_cast<uint64_t>(config.seed);
  const bool done = ParallelFor(
      config.threads, count,
      [&](int64_t i) {
        const auto at = static_cast<size_t>(i);
        alarms[at] = Simulate(plans[at], population, detectors, places, a, config.campaign_requests, seed);
      },
      [&](int64_t ready) {
        return !watch || watch("running campaigns", static_cast<double>(ready) / static_cast<double>(count));
      });
  if (!done) return false;
  for (const Choice& choice : choices) {
    std::vector<PerDetector<CampaignOutcome>> outcomes;
    for (size_t i = 0; i < choice.plans.size(); ++i) {
      outcomes.push_back(Judge(choice.alternatives[i], alarms[choice.plans[i]], honest_reviews, sampled, a));
    }
    for (size_t detector = 0; detector < kDetectors; ++detector) {
      NeedleRow row = BestResponse(choice, outcomes, detector);
      const auto accounts = static_cast<double>(row.campaign.accounts);
      const Interval &found = row.outcome.true_positive_rate, &honest = result.honest_flagged[detector];
      const Interval& beside = row.outcome.honest_ended;  // with the guilty, so that both ends go together
      row.precision = {Precision(accounts * found.estimate, honest.estimate + beside.estimate),
                       Precision(accounts * found.low, honest.high + beside.low),
                       Precision(accounts * found.high, honest.low + beside.high)};
      result.rows.push_back(std::move(row));
    }
  }
  return true;
}

}  // namespace

void Describe(Describer& d, NeedleConfig& c) {
  d.Field("haystacks", c.haystacks, {.help = "populations to search", .choices = {"chat", "debate", "api"}});
  d.Field("strategies", c.strategies,
          {.help = "of the distiller", .choices = {kStrategyNames, kStrategyNames + std::size(kStrategyNames)}});
  d.Field("honest_rate", c.honest_rate,
          {.help = "how monthly rates are spread over honest accounts", .choices = {"gamma", "lognormal", "pareto"}});
  d.Field("accounts", c.accounts,
          {.help = "of every haystack; 0: as the register says", .unit = "accounts", .min = 0, .max = 1e10});
  d.Field("sample_accounts", c.sample_accounts,
          {.help = "of the control sample, and half of the calibration sample; at most a fiftieth of the haystack",
           .unit = "accounts",
           .min = 1000,
           .max = 1e8});
  d.Field("tail_accounts", c.tail_accounts,
          {.help = "with the largest volume, all of which are expanded", .unit = "accounts", .min = 0, .max = 1e8});
  d.Field("campaign_requests", c.campaign_requests,
          {.help = "of a campaign that are simulated and read, about", .unit = "requests", .min = 1000, .max = 1e9});
  d.Field("sensitivity_accounts", c.sensitivity_accounts,
          {.help = "of the smaller haystack on which each assumption is moved to the ends of its range; 0: none is",
           .unit = "accounts",
           .min = 0,
           .max = 1e8});
  d.Group("detectors", c.detectors, "how the provider looks");
  d.Field("seed", c.seed, {.help = "of all chance", .min = 0});
  d.Field("threads", c.threads, {.help = "results do not depend on it", .min = 1, .max = 1024, .numerics = false});
}

std::optional<HaystackResult> SearchHaystack(const std::string& name, const NeedleConfig& config,
                                             const NeedleAssumptions& a, const std::vector<double>& volumes,
                                             double shrink, const Watch& watch) {
  const auto seed = static_cast<uint64_t>(config.seed);
  HaystackResult found{.haystack = MakeHaystack(name, config.honest_rate, a, static_cast<int64_t>(config.accounts))};
  const auto real = static_cast<double>(found.haystack.accounts);
  Haystack simulated = found.haystack;
  simulated.accounts = static_cast<int64_t>(std::max(1.0, std::round(real / shrink)));
  const auto accounts = static_cast<double>(simulated.accounts);
  const PassConfig pass{.sample_accounts = static_cast<int64_t>(std::min(config.sample_accounts, accounts / kSampled)),
                        .tail_accounts = static_cast<int64_t>(config.tail_accounts / shrink),
                        .threads = config.threads,
                        .seed = seed};
  const LoggedMonths* logged = config.logged.get();
  const Population population(simulated, a, seed, "", logged == nullptr ? nullptr : &logged->later);
  // Topics lie where they lie for everybody: the detectors' month is of other people in the same world.
  const Population earlier(simulated, a, seed, "earlier month", logged == nullptr ? nullptr : &logged->earlier);
  const Watch tell = [&](const char* what, double share) {
    return !watch || watch((name + ": " + what).c_str(), share);
  };
  const double alarms = a.review_capacity.value * a.horizon_days.value * accounts / real;
  const auto detectors = Calibrated(earlier, config.detectors, alarms, pass, tell);
  if (!detectors) return std::nullopt;
  found.counts = Pass(population, *detectors, pass, tell);
  if (found.counts.stopped) return std::nullopt;
  const PerDetector<Interval> flagged = HonestFlagged(found.counts);
  PerDetector<std::vector<double>> reviews = HonestReviews(found.counts);
  const double times = real / accounts;
  for (size_t i = 0; i < kDetectors; ++i) {
    found.honest_flagged[i] = {times * flagged[i].estimate, times * flagged[i].low, times * flagged[i].high};
    found.false_positive_rate[i] = {flagged[i].estimate / accounts, flagged[i].low / accounts,
                                    flagged[i].high / accounts};
    found.thresholds[i] = detectors->threshold(static_cast<Detector>(i));
    for (double& today : reviews[i]) found.honest_reviews[i] += today *= times;
  }
  found.thresholds[0] = std::ceil(std::exp(found.thresholds[0]));
  if (!JudgeCampaigns(config, a, volumes, population, *detectors, reviews, found, tell)) return std::nullopt;
  return found;
}

NeedleResult RunNeedle(const NeedleConfig& config, const NeedleAssumptions& a, const std::vector<double>& volumes,
                       const Watch& watch) {
  NeedleResult result;
  for (const std::string& name : config.haystacks) {
    std::optional<HaystackResult> found = SearchHaystack(name, config, a, volumes, kWhole, watch);
    result.stopped = !found;
    if (!found) break;
    result.haystacks.push_back(std::move(*found));
  }
  return result;
}

const NeedleRow* NeedleResult::Find(std::string_view haystack, std::string_view strategy, double requests,
                                    Detector detector) const {
  for (const HaystackResult& result : haystacks) {
    if (result.haystack.name != haystack) continue;
    for (const NeedleRow& row : result.rows) {
      if (row.campaign.strategy == strategy && row.campaign.requests == requests && row.detector == detector) {
        return &row;
      }
    }
  }
  return nullptr;
}

Interval Difference(const Interval& a, const Interval& b) {
  const double d = a.estimate - b.estimate;
  return {d, d - std::hypot(a.estimate - a.low, b.high - b.estimate),
          d + std::hypot(a.high - a.estimate, b.estimate - b.low)};
}

}  // namespace retort
