// What becomes of campaigns: a loud one is caught, the formulas agree with playing a campaign out, strategies keep to
// their rules.
#include "teacher/provider/campaigns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>

#include "core/base/random.h"
#include "teacher/provider/needle.h"
#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

// A small haystack with the share of alarms that the real one can look at, and what its honest people ask of reviewers,
// extrapolated to the real one.
struct World {
  explicit World(const std::string& name) {
    const auto real = static_cast<double>(MakeHaystack(name, "gamma", assumptions).accounts);
    const Haystack haystack = MakeHaystack(name, "gamma", assumptions, kAccounts);
    population = std::make_unique<Population>(haystack, assumptions, 3);
    const Population earlier(haystack, assumptions, 3, "earlier month");
    const double scale = real / kAccounts, alarms = assumptions.review_capacity.value * 30 / scale;
    const PassConfig config{.sample_accounts = 600, .tail_accounts = 10, .seed = 3};
    detectors = Calibrated(earlier, {}, alarms, config, {});
    const PassCounts counts = Pass(*population, *detectors, config, {});
    reviews = HonestReviews(counts);
    for (auto& days : reviews) {
      for (double& today : days) today *= scale;
    }
    for (size_t i = 0; i < kDetectors; ++i) places[i] = counts.rarities[i].Placements();
  }
  PlanAlarms Run(const Campaign& campaign, double work) const {
    return Simulate(campaign.plan, *population, *detectors, places, assumptions, work, 1);
  }

  static constexpr int64_t kAccounts = 60'000;
  NeedleAssumptions assumptions = Register();
  std::unique_ptr<Population> population;
  std::unique_ptr<Detectors> detectors;
  PerDetector<std::vector<double>> reviews, places;
};

const World& Shared() {
  static const World world("chat");
  return world;
}

PerDetector<std::vector<double>> NoHonestAlarms() {
  PerDetector<std::vector<double>> none;
  none.fill(std::vector<double>(30));
  return none;
}

PlanAlarms Silence(int64_t templates, int64_t each, int64_t groups) {
  PlanAlarms alarms{.templates = templates, .accounts_each = each, .groups = groups};
  alarms.accounts.fill({std::vector<int64_t>(30), std::vector<int64_t>(30)});
  alarms.groups_first.fill(std::vector<int64_t>(30));
  return alarms;
}

// From `day` on, `rung` accounts of each of `templates` have rung.
void Ring(PlanAlarms& alarms, size_t detector, int day, int64_t templates, int64_t rung) {
  for (size_t d = static_cast<size_t>(day) - 1; d < 30; ++d) {
    alarms.accounts[detector].alarms[d] += templates * rung;
    alarms.accounts[detector].squares[d] += templates * rung * rung;
  }
}

int64_t Sum(const std::vector<int64_t>& days) { return std::accumulate(days.begin(), days.end(), int64_t{0}); }

// The positive control, in every haystack: 13 million requests through one account must be found by volume and by
// fused, and end while most of what the account's daily limit would let through is unsent. In the api haystack 20 000
// requests a day are not rare, so that it takes most of the month.
class LoudCampaign : public ::testing::TestWithParam<const char*> {};

TEST_P(LoudCampaign, IsCaught) {
  const World w(GetParam());
  for (const Campaign& loud : Alternatives("one", 13e6, *w.population, {}, w.assumptions)) {
    const PerDetector<CampaignOutcome> outcomes = Judge(loud, w.Run(loud, 2000), w.reviews, 600, w.assumptions);
    for (const Detector detector : {Detector::kVolume, Detector::kFused}) {
      const CampaignOutcome& outcome = outcomes[static_cast<size_t>(detector)];
      EXPECT_EQ(outcome.caught.estimate, 1) << kDetectorNames[static_cast<size_t>(detector)];
      EXPECT_GT(outcome.caught.low, 0.95);
      EXPECT_EQ(outcome.true_positive_rate.estimate, 1);
      EXPECT_LT(outcome.obtained.high, 0.046) << "30 days of 20 000 requests are .046 of 13 million";
      EXPECT_GT(outcome.auc.low, 0.97);
      if (std::string(GetParam()) != "api") {
        EXPECT_LE(outcome.first_alarm_day.estimate, 2);
        EXPECT_LT(outcome.obtained.high, 0.02);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Haystacks, LoudCampaign, ::testing::Values("chat", "debate", "api"));

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

// 20 accounts of which 6 are linked, alarms on given days, three reviews a day beside an honest alarm a day: the
// formulas against campaigns played out alarm by alarm.
TEST(Campaigns, TheFormulasAgreeWithPlayingCampaignsOut) {
  const World& w = Shared();
  NeedleAssumptions a = w.assumptions;
  a.review_capacity.value = 1000;
  const Campaign campaign = Alternatives("capped", 1000, *w.population, {}, a).front();
  ASSERT_EQ(campaign.accounts, 20);
  PlanAlarms alarms = Silence(1000, 100, 100'000);
  Ring(alarms, 3, 5, 1000, 1);   // a hundredth of each template's accounts on day 5
  Ring(alarms, 3, 20, 1000, 2);  // two more on day 20
  // Ring adds from its day on; the squares of the sum are not the sum of the squares.
  for (size_t d = 19; d < 30; ++d) alarms.accounts[3].squares[d] = 1000 * 9;
  alarms.groups_first[3][9] = 40'000;
  const CampaignOutcome outcome = Judge(campaign, alarms, NoHonestAlarms(), 1000, a)[3];
  RandomStream random(1, "campaigns");
  constexpr int kRuns = 40'000, kLinked = 6, kUnlinked = 14, kReview = 1, kNever = 1000;
  double ended = 0, caught = 0, obtained = 0, groups = 0;
  const std::vector<double> sent = ShareByDay(campaign);
  const auto until = [&](int day) { return sent[std::min<size_t>(30, static_cast<size_t>(day + kReview)) - 1]; };
  std::vector<int> first_days;
  for (int r = 0; r < kRuns; ++r) {
    int first = kNever;
    double share = 0;
    for (int i = 0; i < kUnlinked; ++i) {
      const double u = random.Uniform();
      const int day = u < 0.01 ? 5 : u < 0.03 ? 20 : kNever;
      first = std::min(first, day);
      ended += day < kNever;
      share += day < kNever ? until(day) : sent.back();
    }
    const int day = random.Uniform() < 0.4 ? 10 : kNever;
    first = std::min(first, day);
    ended += day < kNever ? kLinked : 0;
    groups += day < kNever;
    share += kLinked * (day < kNever ? until(day) : sent.back());
    obtained += share / (kLinked + kUnlinked);
    caught += first < kNever;
    first_days.push_back(first);
  }
  std::nth_element(first_days.begin(), first_days.begin() + kRuns / 2, first_days.end());
  // Four standard errors of 40 000 runs.
  EXPECT_NEAR(outcome.true_positive_rate.estimate, ended / kRuns / 20, 0.004);
  EXPECT_NEAR(outcome.caught.estimate, caught / kRuns, 0.01);
  EXPECT_NEAR(outcome.obtained.estimate, obtained / kRuns, 0.003);
  EXPECT_EQ(outcome.first_alarm_day.estimate, first_days[kRuns / 2]);
  EXPECT_EQ(outcome.first_end_day.estimate, first_days[kRuns / 2] + kReview);
  // Three honest members to seven guilty ones.
  EXPECT_NEAR(outcome.honest_ended.estimate, groups / kRuns * kLinked * 3 / 7, 0.03);
  EXPECT_LE(outcome.obtained.low, outcome.obtained.estimate);
  EXPECT_GE(outcome.obtained.high, outcome.obtained.estimate);
}

TEST(Campaigns, OnlyDetectorsOfLinksEndAGroupForOneOfItsAndTakeHonestMembersAlong) {
  const World& w = Shared();
  const Campaign campaign = Alternatives("capped", 1000, *w.population, {}, w.assumptions).front();
  PlanAlarms alarms = Silence(100, 10, 1000);
  for (auto& days : alarms.groups_first) days[0] = 1000;
  const auto outcomes = Judge(campaign, alarms, NoHonestAlarms(), 1000, w.assumptions);
  for (size_t i = 0; i < kDetectors; ++i) {
    EXPECT_EQ(outcomes[i].true_positive_rate.estimate > 0, i >= 3) << kDetectorNames[i];
    EXPECT_NEAR(outcomes[i].honest_ended.estimate, i >= 3 ? 6 * 3.0 / 7 : 0, 1e-9) << kDetectorNames[i];
  }
}

TEST(Campaigns, NoAlarmAmongManyAccountsLeavesCaughtOpen) {
  const World& w = Shared();
  const Campaign campaign = Alternatives("capped", 800'000, *w.population, {}, w.assumptions).front();
  const auto outcomes = Judge(campaign, Silence(100, 10, 100), NoHonestAlarms(), 1000, w.assumptions);
  EXPECT_EQ(outcomes[1].caught.estimate, 0);
  EXPECT_GT(outcomes[1].caught.high, 0.999) << "three in a hundred of 11 200 accounts are many";
  EXPECT_TRUE(std::isinf(outcomes[1].first_alarm_day.estimate));
  EXPECT_EQ(outcomes[0].caught.high, 0) << "volume is the same for all";
}

// 1 000 accounts that all ring on day 1, 100 reviews a day: the last one ends on day 11, and half of them by day 6.
TEST(Campaigns, TrueAlarmsWaitForAReviewer) {
  const World& w = Shared();
  NeedleAssumptions a = w.assumptions;
  a.review_capacity.value = 100;
  Campaign campaign{.strategy = "split", .requests = 30'000, .accounts = 1000};
  campaign.plan.daily.assign(30, 1);
  PlanAlarms alarms = Silence(10, 10, 100);
  Ring(alarms, 0, 1, 10, 10);
  PerDetector<std::vector<double>> honest = NoHonestAlarms();
  const CampaignOutcome alone = Judge(campaign, alarms, honest, 1000, a)[0];
  EXPECT_EQ(alone.first_alarm_day.estimate, 1);
  EXPECT_EQ(alone.first_end_day.estimate, 2);
  EXPECT_NEAR(alone.true_positive_rate.estimate, 1, 1e-12);
  EXPECT_NEAR(alone.obtained.estimate, (2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11) / 10.0 / 30, 1e-12);
  honest[0][0] = 3000;  // as many a day as stand beside them: three in four reviews are lost on the honest
  const CampaignOutcome crowded = Judge(campaign, alarms, honest, 1000, a)[0];
  EXPECT_NEAR(crowded.true_positive_rate.estimate, 2900.0 / 4000, 1e-9) << "29 days of reviews end by day 30";
  EXPECT_GT(crowded.obtained.estimate, alone.obtained.estimate);
}

// All accounts of a template ring, or none: the more templates, the likelier one of them rings.
TEST(Campaigns, AccountsOfATemplateRingTogether) {
  const World& w = Shared();
  NeedleAssumptions a = w.assumptions;
  a.attacker_linked.value = 0;
  const Campaign campaign = Alternatives("capped", 50'000, *w.population, {}, a).front();
  PlanAlarms alarms = Silence(100, 10, 100);
  Ring(alarms, 2, 3, 20, 10);  // each account of 20 templates in 100
  for (const double templates : {1.0, 3.0, 10.0}) {
    a.campaign_templates.value = templates;
    const CampaignOutcome outcome = Judge(campaign, alarms, NoHonestAlarms(), 1000, a)[2];
    EXPECT_NEAR(outcome.caught.estimate, 1 - std::pow(0.8, templates), 1e-4) << templates;
    EXPECT_NEAR(outcome.true_positive_rate.estimate, 0.2, 1e-9);
    EXPECT_NEAR(outcome.true_positive_rate.high, Wilson(20, 100).high, 1e-6) << "templates are what is sampled";
  }
  alarms = Silence(100, 10, 100);
  Ring(alarms, 2, 3, 100, 2);  // two of the ten of every template
  const CampaignOutcome apart = Judge(campaign, alarms, NoHonestAlarms(), 1000, a)[2];
  EXPECT_NEAR(apart.caught.estimate, 1, 1e-9);
  EXPECT_NEAR(apart.true_positive_rate.high, Wilson(200, 1000).high, 1e-6);
}

TEST(Campaigns, DifferenceOfIntervals) {
  const Interval d = Difference({0.9, 0.8, 0.95}, {0.1, 0.05, 0.2});
  EXPECT_NEAR(d.estimate, 0.8, 1e-12);
  EXPECT_NEAR(d.low, 0.8 - std::hypot(0.1, 0.1), 1e-12);
  EXPECT_NEAR(d.high, 0.8 + std::hypot(0.05, 0.05), 1e-12);
}

}  // namespace
}  // namespace retort
