// What becomes of campaigns: a loud one is caught, the formulas agree with playing a campaign out, strategies keep to
// their rules.
#include "teacher/provider/campaigns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/base/random.h"
#include "teacher/provider/needle.h"
#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

struct World {
  World() {
    const Haystack haystack = MakeHaystack("chat", "gamma", assumptions, 200'000);
    population = std::make_unique<Population>(haystack, assumptions, 3);
    earlier = std::make_unique<Population>(haystack, assumptions, 3, "earlier month");
    detectors = Calibrated(*earlier, {}, 200, {.sample_accounts = 4000}, {});
  }
  NeedleAssumptions assumptions = Register();
  std::unique_ptr<Population> population, earlier;
  std::unique_ptr<Detectors> detectors;
};

const World& Shared() {
  static const World world;
  return world;
}

int64_t Sum(const std::vector<int64_t>& days) { return std::accumulate(days.begin(), days.end(), int64_t{0}); }

TEST(Campaigns, ALoudOneIsCaught) {
  const World& w = Shared();
  for (const Campaign& loud : Alternatives("one", 13e6, *w.population, {}, w.assumptions)) {
    const PlanAlarms alarms = Simulate(loud.plan, *w.population, *w.detectors, w.assumptions, 20'000, 1);
    const PerDetector<CampaignOutcome> outcomes = Judge(loud, alarms, w.assumptions);
    for (const Detector detector : {Detector::kVolume, Detector::kFused}) {
      const CampaignOutcome& outcome = outcomes[static_cast<size_t>(detector)];
      EXPECT_EQ(outcome.caught.estimate, 1) << kDetectorNames[static_cast<size_t>(detector)];
      EXPECT_GT(outcome.caught.low, 0.95);
      EXPECT_LE(outcome.first_alarm_day.estimate, 2);
      EXPECT_LT(outcome.obtained.high, 0.02);
    }
  }
}

TEST(Campaigns, AlternativesSendWhatTheyMust) {
  const World& w = Shared();
  for (const Strategy& strategy : kStrategies) {
    for (const double requests : {10.0, 817.0, 17'000.0, 1e8}) {
      for (const Campaign& c : Alternatives(strategy.name, requests, *w.population, {}, w.assumptions)) {
        EXPECT_EQ(static_cast<int>(c.plan.daily.size()), w.population->days());
        EXPECT_GE(c.accounts, 1);
        for (const int64_t today : c.plan.daily) {
          EXPECT_GE(today, 0);
          EXPECT_LE(static_cast<double>(today), w.assumptions.account_daily_limit.value);
        }
        const double useful =
            static_cast<double>(Sum(c.plan.daily)) * static_cast<double>(c.accounts) * (1 - c.plan.other_share);
        if (strategy.name != "one") {  // whom the daily limit may stop
          EXPECT_GE(useful, requests * (1 - 1e-9)) << strategy.name << requests;
        }
        EXPECT_GT(c.dollars, 0);
        if (strategy.name == "drip") {
          EXPECT_LT(Sum(c.plan.daily), DetectorPolicy().least);
        }
        if (strategy.name == "capped" && requests > 1000) {
          EXPECT_EQ(Sum(c.plan.daily), w.population->volume().Quantile(w.assumptions.cap_quantile.value));
        }
      }
    }
  }
}

// 20 accounts of which 6 are linked, alarms on given days: the formulas against 40 000 campaigns played out.
TEST(Campaigns, TheFormulasAgreeWithPlayingCampaignsOut) {
  const World& w = Shared();
  const Campaign campaign = Alternatives("capped", 1000, *w.population, {}, w.assumptions).front();
  ASSERT_EQ(campaign.accounts, 20);
  const size_t days = campaign.plan.daily.size();
  PlanAlarms alarms{.accounts = 1000, .groups = 1000};
  alarms.account_alarms.fill(std::vector<int64_t>(days));
  alarms.group_alarms.fill(std::vector<int64_t>(days));
  alarms.account_alarms[3][4] = 10;
  alarms.account_alarms[3][19] = 20;
  alarms.group_alarms[3][9] = 400;
  const CampaignOutcome outcome = Judge(campaign, alarms, w.assumptions)[3];
  RandomStream random(1, "campaigns");
  constexpr int kRuns = 40'000, kLinked = 6, kUnlinked = 14, kReview = 1;
  double ended = 0, caught = 0, obtained = 0;
  std::vector<double> sent = ShareByDay(campaign);
  const auto until = [&](int day) { return sent[std::min<size_t>(days, static_cast<size_t>(day + kReview)) - 1]; };
  std::vector<int> first_days;
  for (int r = 0; r < kRuns; ++r) {
    int first = 1000;
    double share = 0;
    for (int i = 0; i < kUnlinked; ++i) {
      const double u = random.Uniform();
      const int day = u < 0.01 ? 5 : u < 0.03 ? 20 : 1000;
      first = std::min(first, day);
      ended += day < 1000;
      share += day < 1000 ? until(day) : sent.back();
    }
    const int day = random.Uniform() < 0.4 ? 10 : 1000;
    first = std::min(first, day);
    ended += day < 1000 ? kLinked : 0;
    share += kLinked * (day < 1000 ? until(day) : sent.back());
    obtained += share / (kLinked + kUnlinked);
    caught += first < 1000;
    first_days.push_back(first);
  }
  std::nth_element(first_days.begin(), first_days.begin() + kRuns / 2, first_days.end());
  // Four standard errors of 40 000 runs.
  EXPECT_NEAR(outcome.true_positive_rate.estimate, ended / kRuns / 20, 0.004);
  EXPECT_NEAR(outcome.caught.estimate, caught / kRuns, 0.01);
  EXPECT_NEAR(outcome.obtained.estimate, obtained / kRuns, 0.003);
  EXPECT_EQ(outcome.first_alarm_day.estimate, first_days[kRuns / 2]);
  EXPECT_LE(outcome.obtained.low, outcome.obtained.estimate);
  EXPECT_GE(outcome.obtained.high, outcome.obtained.estimate);
}

TEST(Campaigns, OnlyDetectorsOfLinksEndAGroupForOneOfIts) {
  const World& w = Shared();
  const Campaign campaign = Alternatives("capped", 1000, *w.population, {}, w.assumptions).front();
  PlanAlarms alarms{.accounts = 1000, .groups = 1000};
  alarms.account_alarms.fill(std::vector<int64_t>(campaign.plan.daily.size()));
  alarms.group_alarms = alarms.account_alarms;
  for (auto& days : alarms.group_alarms) days[0] = 1000;
  const auto outcomes = Judge(campaign, alarms, w.assumptions);
  for (size_t i = 0; i < kDetectors; ++i) {
    EXPECT_EQ(outcomes[i].true_positive_rate.estimate > 0, i >= 3) << kDetectorNames[i];
  }
}

TEST(Campaigns, NoAlarmAmongManyAccountsLeavesCaughtOpen) {
  const World& w = Shared();
  const Campaign campaign = Alternatives("capped", 800'000, *w.population, {}, w.assumptions).front();
  PlanAlarms alarms{.accounts = 1000, .groups = 100};
  alarms.account_alarms.fill(std::vector<int64_t>(campaign.plan.daily.size()));
  alarms.group_alarms = alarms.account_alarms;
  const CampaignOutcome outcome = Judge(campaign, alarms, w.assumptions)[0];
  EXPECT_EQ(outcome.caught.estimate, 0);
  EXPECT_GT(outcome.caught.high, 0.999) << "three in a thousand of 11 200 accounts are many";
  EXPECT_TRUE(std::isinf(outcome.first_alarm_day.estimate));
}

TEST(Campaigns, DifferenceOfIntervals) {
  const Interval d = Difference({0.9, 0.8, 0.95}, {0.1, 0.05, 0.2});
  EXPECT_NEAR(d.estimate, 0.8, 1e-12);
  EXPECT_NEAR(d.low, 0.8 - std::hypot(0.1, 0.1), 1e-12);
  EXPECT_NEAR(d.high, 0.8 + std::hypot(0.05, 0.05), 1e-12);
}

}  // namespace
}  // namespace retort
