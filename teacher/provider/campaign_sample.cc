// The simulated part of campaigns.h: a sample of a plan's accounts and groups under the detectors.
#include <algorithm>
#include <cmath>

#include "teacher/provider/campaigns.h"

namespace retort {
namespace {

constexpr double kFewest = 400, kMost = 20'000;  // method: accounts simulated of a plan
constexpr double kIdleCost = 20;                 // method: of an account that no detector reads, in requests
constexpr int64_t kEach = 4;                     // method: accounts to a template, at least
constexpr int64_t kTemplates = 400;              // method: at most

struct Simulator {
  const AccountPlan& plan;
  const Population& population;
  const Detectors& detectors;
  const PerDetector<std::vector<double>>& places;

  Traffic Account(const TextSource& text, CounterRandom& random) const {
    Traffic traffic{.daily = plan.daily, .text = text, .other_share = plan.other_share};
    if (plan.other_share > 0) {
      traffic.other = plan.paid_by_others ? population.CustomerText(random) : population.HonestText(random);
    }
    traffic.random = CounterRandom(random.Next());
    return traffic;
  }

  // Adds to `sums` where the account's highest scores lie among the honest.
  void Place(const History& history, PerDetector<double>& sums) const {
    const PerDetector<double> highest = detectors.Highest(history);
    for (size_t i = 0; i < kDetectors; ++i) {
      sums[i] += places[i][RarityCounts::Bin(detectors.Rarity(static_cast<Detector>(i), highest[i]))];
    }
  }

  // Accounts of one template.
  void Template(size_t which, CounterRandom& random, PlanAlarms& alarms) const {
    const DistillerTexts texts(population.world(), plan.reworded, which, random);
    PerDetector<std::vector<int64_t>> rung;
    rung.fill(std::vector<int64_t>(plan.daily.size()));
    PerDetector<double> placed{};
    for (int64_t i = 0; i < alarms.accounts_each; ++i) {
      Traffic traffic = Account(texts.Account(random), random);
      History history;
      detectors.Look(RequestsOf(traffic, population.world()), history);
      const Alarms first = detectors.FirstAlarms(history);
      for (size_t d = 0; d < kDetectors; ++d) {
        if (first.day[d] > 0) ++rung[d][static_cast<size_t>(first.day[d] - 1)];
      }
      Place(history, placed);
    }
    for (size_t d = 0; d < kDetectors; ++d) {
      int64_t by_now = 0;
      for (size_t day = 0; day < rung[d].size(); ++day) {
        by_now += rung[d][day];
        alarms.accounts[d].alarms[day] += by_now;
        alarms.accounts[d].squares[day] += by_now * by_now;
      }
      alarms.account_places[d].Add(placed[d] / static_cast<double>(alarms.accounts_each));
    }
  }

  // A linked group of a campaign with `texts`, some of its members honest.
  void Group(const std::vector<DistillerTexts>& texts, double honest, CounterRandom& random, PlanAlarms& alarms) const {
    const DetectorPolicy& policy = detectors.policy();
    std::vector<Traffic> members;
    std::vector<bool> guilty;
    for (int m = 0; m < policy.group_members; ++m) {
      guilty.push_back(m == 0 || random.Uniform() >= honest);
      const DistillerTexts& of = texts[random.Below(static_cast<uint32_t>(texts.size()))];
      members.push_back(guilty.back() ? Account(of.Account(random), random) : population.HonestAccount(random));
    }
    std::vector<Traffic> copies = members;
    std::vector<Requests> sent;
    sent.reserve(copies.size());
    for (Traffic& copy : copies) sent.push_back(RequestsOf(copy, population.world()));
    History group;
    detectors.LookAtGroup(sent, static_cast<int>(random.Below(static_cast<uint32_t>(policy.group_days))), group);
    PerDetector<int> first{};
    PerDetector<double> placed{};
    double accounts = 0;
    for (size_t m = 0; m < members.size(); ++m) {
      if (!guilty[m]) continue;
      History history{.group = group.group, .group_size = static_cast<uint32_t>(members.size())};
      detectors.Look(RequestsOf(members[m], population.world()), history);
      const Alarms of = detectors.FirstAlarms(history);
      for (size_t d = 0; d < kDetectors; ++d) {
        if (of.day[d] > 0 && (first[d] == 0 || of.day[d] < first[d])) first[d] = of.day[d];
      }
      Place(history, placed);
      ++accounts;
    }
    for (size_t d = 0; d < kDetectors; ++d) {
      if (first[d] > 0) ++alarms.groups_first[d][static_cast<size_t>(first[d] - 1)];
      alarms.member_places[d].Add(placed[d] / accounts);
    }
  }
};

}  // namespace

PlanAlarms Simulate(const AccountPlan& plan, const Population& population, const Detectors& detectors,
                    const PerDetector<std::vector<double>>& places, const NeedleAssumptions& a, double work,
                    uint64_t seed) {
  const DetectorPolicy& policy = detectors.policy();
  double total = 0;
  for (const int64_t today : plan.daily) total += static_cast<double>(today);
  const double looks = std::min(total / policy.least, static_cast<double>(population.days()) / policy.every_days);
  const double cost = kIdleCost + std::min(total, looks * policy.window);
  const auto days = static_cast<size_t>(population.days());
  const auto accounts = static_cast<int64_t>(std::clamp(work / cost, kFewest, kMost));
  const size_t most = DistillerTexts::Many(population.world(), plan.reworded);
  PlanAlarms alarms{.templates = std::min(kTemplates, accounts / kEach)};
  alarms.templates = static_cast<int64_t>(std::min(static_cast<size_t>(alarms.templates), most));
  alarms.accounts_each = accounts / alarms.templates;
  alarms.groups = std::max<int64_t>(static_cast<int64_t>(kFewest) / kEach, accounts / (kEach * policy.group_members));
  alarms.accounts.fill({std::vector<int64_t>(days), std::vector<int64_t>(days)});
  alarms.groups_first.fill(std::vector<int64_t>(days));
  const CounterStreams templates(seed, "campaign accounts"), groups(seed, "campaign groups");
  const Simulator simulator{plan, population, detectors, places};
  for (int64_t i = 0; i < alarms.templates; ++i) {
    CounterRandom random = templates.Open(static_cast<uint64_t>(i));
    simulator.Template(static_cast<size_t>(i), random, alarms);
  }
  const auto shared = static_cast<size_t>(std::max(1L, std::lround(a.campaign_templates.value)));
  for (int64_t i = 0; i < alarms.groups; ++i) {
    CounterRandom random = groups.Open(static_cast<uint64_t>(i));
    std::vector<DistillerTexts> texts;
    for (size_t k = 0; k < std::min<size_t>(shared, static_cast<size_t>(policy.group_members)); ++k) {
      texts.emplace_back(population.world(), plan.reworded, random);
    }
    simulator.Group(texts, a.link_dilution.value, random, alarms);
  }
  return alarms;
}

}  // namespace retort
