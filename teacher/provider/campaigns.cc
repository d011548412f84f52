#include "teacher/provider/campaigns.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace retort {
namespace {

constexpr double kFewest = 100, kMost = 20'000;  // accounts simulated of a plan
constexpr double kIdleCost = 20;                 // of an account that no detector reads, in requests

struct Simulator {
  const AccountPlan& plan;
  const Population& population;
  const Detectors& detectors;
  TextSource text;  // of the campaign

  Traffic Account(CounterRandom& random) const {
    Traffic traffic{.daily = plan.daily, .text = text, .other_share = plan.other_share};
    if (plan.other_share > 0) traffic.other = population.HonestText(random);
    traffic.random = CounterRandom(random.Next());
    return traffic;
  }
  Traffic Honest(CounterRandom& random) const {
    Traffic traffic{.daily = SpreadOverDays(population.volume()(random.Next()), population.days(), 1, random),
                    .text = population.HonestText(random)};
    traffic.random = CounterRandom(random.Next());
    return traffic;
  }
};

void Count(const PerDetector<int>& days, PerDetector<std::vector<int64_t>>& alarms) {
  for (size_t i = 0; i < kDetectors; ++i) {
    if (days[i] > 0) ++alarms[i][static_cast<size_t>(days[i] - 1)];
  }
}

// A probability at each day, with its ends.
struct Curve {
  std::vector<double> estimate, low, high;
};

Curve Cumulative(const std::vector<int64_t>& alarms, int64_t trials) {
  Curve curve;
  double sum = 0;
  for (const int64_t today : alarms) {
    sum += static_cast<double>(today);
    const Interval share = Wilson(sum, static_cast<double>(trials));
    curve.estimate.push_back(share.estimate);
    curve.low.push_back(share.low);
    curve.high.push_back(share.high);
  }
  return curve;
}

// E[share sent by day T + review], T the day of the alarm; `alarmed[t]`: P(T <= t).
double Obtained(const std::vector<double>& sent, const std::vector<double>& alarmed, size_t review) {
  double sum = 0, before = 0;
  for (size_t t = 0; t < sent.size(); ++t) {
    sum += (alarmed[t] - before) * sent[std::min(sent.size() - 1, t + review)];
    before = alarmed[t];
  }
  return sum + (1 - before) * sent.back();
}

struct Fate {
  double true_positive_rate, caught, obtained, first_day;
};

Fate FateOf(const std::vector<double>& sent, const std::vector<double>& account, const std::vector<double>& group,
            double unlinked, double linked, size_t review) {
  const double all = unlinked + linked;
  Fate fate{.true_positive_rate = (unlinked * account.back() + linked * group.back()) / all,
            .obtained = (unlinked * Obtained(sent, account, review) + linked * Obtained(sent, group, review)) / all,
            .first_day = std::numeric_limits<double>::infinity()};
  for (size_t t = sent.size(); t-- > 0;) {
    const double silent = std::pow(1 - account[t], unlinked) * (linked > 0 ? 1 - group[t] : 1);
    if (t + 1 == sent.size()) fate.caught = 1 - silent;
    if (silent <= 0.5) fate.first_day = static_cast<double>(t + 1);
  }
  return fate;
}

}  // namespace

PlanAlarms Simulate(const AccountPlan& plan, const Population& population, const Detectors& detectors,
                    const NeedleAssumptions& a, double work, uint64_t seed) {
  const DetectorPolicy& policy = detectors.policy();
  double total = 0;
  for (const int64_t today : plan.daily) total += static_cast<double>(today);
  const double looks = std::min(total / policy.least, static_cast<double>(population.days()) / policy.every_days);
  const double cost = kIdleCost + std::min(total, looks * policy.window);
  const auto days = static_cast<size_t>(population.days());
  PlanAlarms alarms{.accounts = static_cast<int64_t>(std::clamp(work / cost, kFewest, kMost))};
  alarms.groups = std::max<int64_t>(static_cast<int64_t>(kFewest) / 2, alarms.accounts / (4 * policy.group_members));
  alarms.account_alarms.fill(std::vector<int64_t>(days));
  alarms.group_alarms.fill(std::vector<int64_t>(days));
  const CounterStreams accounts(seed, "campaign accounts"), groups(seed, "campaign groups");
  Simulator simulator{plan, population, detectors, {}};
  for (int64_t i = 0; i < alarms.accounts; ++i) {
    CounterRandom random = accounts.Open(static_cast<uint64_t>(i));
    simulator.text = DistillerText(population.world(), random);  // each a campaign of its own: templates differ
    Traffic traffic = simulator.Account(random);
    History history;
    detectors.Look(traffic, history);
    Count(detectors.FirstAlarms(history), alarms.account_alarms);
  }
  for (int64_t i = 0; i < alarms.groups; ++i) {
    CounterRandom random = groups.Open(static_cast<uint64_t>(i));
    simulator.text = DistillerText(population.world(), random);
    std::vector<Traffic> members;
    std::vector<bool> guilty;
    for (int m = 0; m < policy.group_members; ++m) {
      guilty.push_back(m == 0 || random.Uniform() >= a.link_dilution.value);
      members.push_back(guilty.back() ? simulator.Account(random) : simulator.Honest(random));
    }
    std::vector<Traffic> copies = members;
    History group;
    detectors.LookAtGroup(copies, group);
    PerDetector<int> first{};
    for (size_t m = 0; m < members.size(); ++m) {
      if (!guilty[m]) continue;
      History history{.group = group.group, .group_size = static_cast<uint32_t>(members.size())};
      detectors.Look(members[m], history);
      const PerDetector<int> days_of = detectors.FirstAlarms(history);
      for (size_t d = 0; d < kDetectors; ++d) {
        if (days_of[d] > 0 && (first[d] == 0 || days_of[d] < first[d])) first[d] = days_of[d];
      }
    }
    Count(first, alarms.group_alarms);
  }
  return alarms;
}

PerDetector<CampaignOutcome> Judge(const Campaign& campaign, const PlanAlarms& alarms, const NeedleAssumptions& a) {
  PerDetector<CampaignOutcome> outcomes;
  const std::vector<double> sent = ShareByDay(campaign);
  const auto accounts = static_cast<double>(campaign.accounts);
  // A reseller's customers have nothing in common that the provider sees; a link needs two.
  double linked = campaign.plan.paid_by_others ? 0 : std::floor(accounts * a.attacker_linked.value);
  if (linked < 2) linked = 0;
  const auto review = static_cast<size_t>(std::lround(a.review_days.value));
  for (size_t i = 0; i < kDetectors; ++i) {
    const Curve account = Cumulative(alarms.account_alarms[i], alarms.accounts);
    const Curve group = Cumulative(alarms.group_alarms[i], alarms.groups);
    // Guilt by association is for the detectors that look at links; the others end the accounts that they alarm at.
    const bool by_links =
        static_cast<Detector>(i) == Detector::kLinkedMmd || static_cast<Detector>(i) == Detector::kFused;
    const double tied = by_links ? linked : 0;
    const auto fate = [&](std::vector<double> Curve::*end) {
      return FateOf(sent, account.*end, group.*end, accounts - tied, tied, review);
    };
    const Fate middle = fate(&Curve::estimate), low = fate(&Curve::low), high = fate(&Curve::high);
    outcomes[i] = {.true_positive_rate = {middle.true_positive_rate, low.true_positive_rate, high.true_positive_rate},
                   .caught = {middle.caught, low.caught, high.caught},
                   .obtained = {middle.obtained, high.obtained, low.obtained},
                   .first_alarm_day = {middle.first_day, high.first_day, low.first_day}};
  }
  return outcomes;
}

}  // namespace retort
