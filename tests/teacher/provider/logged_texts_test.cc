// Measured texts: requests come from the log in its order and once each, links and campaigns take whom they must,
// detectors tell distillers who are different and none who are not, and intervals know how few people were logged.
#include "teacher/provider/logged_texts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "teacher/provider/needle.h"
#include "teacher/provider/sensitivity.h"
#include "tests/teacher/provider/logged_world.h"
#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

constexpr double kAlarmShare = 0.01;

TEST(LoggedTexts, MeasuresAreInHonestDeviationsOfTheEarlierMonth) {
  LoggedMonths months;
  months.earlier.of(TextKind::kPupil) = {{.accounts = {{{1, 5}, {3, 5}}}}, {.accounts = {{{5, 5}}}}};
  months.earlier.of(TextKind::kEvaluator) = {{.accounts = {{{7, 5}}}}};
  months.later.of(TextKind::kPupil) = {{.accounts = {{{4, 6}}}}};
  months.later.of(TextKind::kCollection) = {{.accounts = {{{100, 5}}}}, {.accounts = {{{4, 5}}}}};
  months.Standardize();
  const double deviation = std::sqrt(5.0);  // of 1, 3, 5, 7
  EXPECT_FLOAT_EQ(months.earlier.of(TextKind::kPupil)[0].accounts[0][0][0], static_cast<float>(-3 / deviation));
  EXPECT_FLOAT_EQ(months.later.of(TextKind::kCollection)[0].accounts[0][0][0], static_cast<float>(96 / deviation));
  EXPECT_FLOAT_EQ(months.later.of(TextKind::kPupil)[0].accounts[0][0][1], 1) << "never varies: in its own unit";
  EXPECT_EQ(months.earlier.honest(), 3U);
  EXPECT_EQ(months.earlier.requests(), 4U);
  EXPECT_EQ(months.earlier.of(TextKind::kEvaluator)[0].place, 2U);
  EXPECT_EQ(months.later.of(TextKind::kCollection)[1].place, 1U);
}

// Requests that say by themselves which they are.
std::vector<Features> Numbered(int count, float of) {
  std::vector<Features> requests(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) requests[static_cast<size_t>(i)] = {static_cast<float>(i), of};
  return requests;
}

TEST(LoggedTexts, AWindowIsARunOfTheLog) {
  const LoggedTexts texts;
  const TextWorld world(Register(), 0.1, 1, &texts);
  const std::vector<Features> log = Numbered(76, 0);
  const TextSource source{.logged = log};
  CounterRandom random(3);
  std::set<float> starts;
  for (int draw = 0; draw < 300; ++draw) {
    std::vector<Features> window(64);
    source.Draw(world, random, window);
    starts.insert(window[0][0]);
    for (size_t i = 1; i < window.size(); ++i) ASSERT_EQ(window[i][0], std::fmod(window[i - 1][0] + 1, 76.0F));
  }
  EXPECT_GT(starts.size(), 60U) << "it begins anywhere";
  std::vector<Features> longer(200);
  source.Draw(world, random, longer);
  for (size_t i = 1; i < 76; ++i) ASSERT_EQ(longer[i][0], std::fmod(longer[i - 1][0] + 1, 76.0F));
}

TEST(LoggedTexts, DecoysLieBetweenRequestsAndEitherKeepsItsOrder) {
  const LoggedTexts texts;
  const TextWorld world(Register(), 0.1, 1, &texts);
  const std::vector<Features> own = Numbered(100, 0), other = Numbered(100, 1);
  Traffic traffic{.text = {.logged = own}, .other = {.logged = other}, .other_share = 0.25, .random = CounterRandom(4)};
  double others = 0;
  for (int draw = 0; draw < 200; ++draw) {
    std::vector<Features> window(64);
    traffic.Draw(world, window);
    float last[2] = {-1, -1};
    for (const Features& request : window) {
      const auto of = static_cast<size_t>(request[1]);
      others += request[1];
      if (last[of] >= 0) {
        ASSERT_EQ(request[0], std::fmod(last[of] + 1, 100.0F));
      }
      last[of] = request[0];
    }
  }
  const double drawn = 200 * 64;
  EXPECT_NEAR(others / drawn, 0.25, 4 * std::sqrt(0.25 * 0.75 / drawn));
}

bool IsOf(const LoggedTexts& texts, TextKind kind, const TextSource& source) {
  return std::ranges::any_of(texts.of(kind), [&](const LoggedWriter& writer) {
    return std::ranges::any_of(writer.accounts, [&](const auto& a) { return a.data() == source.logged.data(); });
  });
}

TEST(LoggedTexts, LinkedAccountsWriteAlike) {
  const LoggedMonths months = MadeUpMonths(20, 2, 0);
  NeedleAssumptions a = Register();
  a.linked_groups.value = a.linked_groups.high;
  a.template_share.value = a.template_share.high;
  a.evaluator_share.value = a.evaluator_share.high;
  const Population population(MakeHaystack("chat", "gamma", a, 30'000), a, 5, "", &months.later);
  std::map<Link, int> seen;
  int evaluators = 0, developers = 0;
  population.ForEachGroup(0, [&](const Group& group) {
    std::set<const Features*> writers;
    std::set<bool> pupils;
    for (uint64_t i = 0; i < std::min<uint64_t>(group.size, 20); ++i) {
      const TextSource text = population.Open(group.first + i, group).text;
      writers.insert(text.logged.data());
      pupils.insert(IsOf(months.later, TextKind::kPupil, text));
      ASSERT_EQ(IsOf(months.later, TextKind::kEvaluator, text), group.evaluator);
      if (group.link == Link::kNone) developers += IsOf(months.later, TextKind::kDeveloper, text);
    }
    ++seen[group.link];
    evaluators += group.evaluator;
    if (group.link == Link::kTemplate) {
      ASSERT_EQ(writers.size(), 1U) << "one template";
    } else if (group.link == Link::kPayment) {
      ASSERT_EQ(pupils.size(), 1U) << "one kind";
    }
  });
  EXPECT_GT(evaluators, 10);
  for (const Link link : {Link::kNone, Link::kAddress, Link::kPayment, Link::kTemplate}) EXPECT_GT(seen[link], 50);
  const double alone = seen[Link::kNone];
  EXPECT_NEAR(developers / alone, a.technical_share.value, 4 * std::sqrt(0.07 / alone));
}

TEST(LoggedTexts, ACampaignsTemplatesAreLoggedDistillers) {
  const LoggedMonths months = MadeUpMonths(20, 7, 3);
  const TextWorld world(Register(), 0.1, 1, &months.later);
  ASSERT_EQ(DistillerTexts::Many(world, false), 7U);
  CounterRandom random(1);
  for (size_t i = 0; i < 7; ++i) {
    const auto& collection = months.later.of(TextKind::kCollection)[i].accounts[0];
    EXPECT_EQ(DistillerTexts(world, false, i, random).Account(random).logged.data(), collection.data());
    std::set<const Features*> accounts;
    const DistillerTexts reworded(world, true, i, random);
    for (int k = 0; k < 30; ++k) accounts.insert(reworded.Account(random).logged.data());
    EXPECT_EQ(accounts.size(), 2U) << "each account has words of its own";
  }
}

struct World {
  World(float away, uint64_t seed) : months(MadeUpMonths(100, 25, away, seed)) {
    const Haystack haystack = MakeHaystack("chat", "gamma", assumptions, kAccounts);
    population = std::make_unique<Population>(haystack, assumptions, 3, "", &months.later);
    earlier = std::make_unique<Population>(haystack, assumptions, 3, "earlier month", &months.earlier);
    detectors = Calibrated(*earlier, {}, kAlarmShare * kAccounts, config, {});
    counts = Pass(*population, *detectors, config, {});
    for (size_t i = 0; i < kDetectors; ++i) places[i] = counts.rarities[i].Placements();
  }
  PlanAlarms Run(std::string_view strategy) const {
    const std::vector<Campaign> all = Alternatives(strategy, 1e7, *population, detectors->policy(), assumptions);
    return Simulate(all[0].plan, *population, *detectors, places, assumptions, 30'000, 1);
  }

  static constexpr int64_t kAccounts = 60'000;
  NeedleAssumptions assumptions = Register();
  LoggedMonths months;
  PassConfig config{.sample_accounts = 4000, .tail_accounts = 100, .seed = 3};
  std::unique_ptr<Population> population, earlier;
  std::unique_ptr<Detectors> detectors;
  PassCounts counts;
  PerDetector<std::vector<double>> places;
};

const World& Far() {
  static const World world(4, 1);
  return world;
}
const World& Alike() {
  static const World world(0, 2);
  return world;
}

// The two controls: who writes otherwise is seen, who writes as honest people do is not. AUC of the honest against
// themselves: 140 logged people of either month, whose errors add to √(2 / (12 · 140)) = .035; four of them.
TEST(LoggedTexts, DistillersAreFoundByWhatSetsThemApartAndByNothingElse) {
  const auto mmd = static_cast<size_t>(Detector::kMmd);
  const double split = Far().Run("split").account_places[mmd].Mean(),
               capped = Far().Run("capped").account_places[mmd].Mean();
  EXPECT_GT(split, 0.95);
  EXPECT_GT(capped, Far().Run("reworded").account_places[mmd].Mean() + 0.1);
  const PassCounts before = Pass(*Alike().earlier, *Alike().detectors, Alike().config, {});
  for (size_t i = 0; i < kDetectors; ++i) {
    EXPECT_NEAR(Alike().counts.rarities[i].AgainstOthers(before.rarities[i]), 0.5, 4 * 0.035) << kDetectorNames[i];
  }
  // At the honest median, against honest accounts of which half send less: compare with honest texts in the same plan.
  const double own = Alike().Run("capped").account_places[mmd].Mean();
  const double honest = Alike().Run("reworded").account_places[mmd].Mean();
  EXPECT_NEAR(own, honest, 4 * std::sqrt(1 / (12 * 25.0) + 1 / (12 * 50.0)));
}

TEST(LoggedTexts, CampaignsAreSampledDistillerByDistiller) {
  EXPECT_EQ(Far().Run("split").templates, 25);
  EXPECT_EQ(Far().Run("reworded").templates, 25);
}

TEST(LoggedTexts, TheSameForAnyNumberOfThreads) {
  const auto run = [](int threads) {
    PassConfig config{.sample_accounts = 600, .tail_accounts = 50, .threads = threads, .seed = 9};
    const auto detectors = Calibrated(*Far().earlier, {}, kAlarmShare * World::kAccounts, config, {});
    return Pass(*Far().population, *detectors, config, {});
  };
  const PassCounts alone = run(1);
  EXPECT_EQ(alone.writers.size(), 140U);
  int64_t members = 0;
  for (const WriterTally& writer : alone.writers) members += writer.members;
  EXPECT_EQ(members, alone.control);
  for (const int threads : {2, 3}) EXPECT_EQ(run(threads), alone) << threads;
}

// Of a hundred logged people nobody rings: that leaves what it would leave of a hundred accounts, however many write as
// they do.
TEST(LoggedTexts, IntervalsCountPeopleNotAccounts) {
  PassCounts counts{.accounts = 1'000'000, .control = 10'000, .control_members_squared = 10'000};
  counts.writers.assign(100, {.members = 100});
  EXPECT_NEAR(HonestFlagged(counts)[2].high, 1e6 * Wilson(0, 100).high, 1);
  counts.writers[7].alarms[2] = 100;  // one person rings with all accounts
  counts.control_alarms[2] = 100;
  counts.control_clusters[2] = {.alarms_squared = 100, .alarms_by_members = 100};
  const Interval one = HonestFlagged(counts)[2];
  EXPECT_NEAR(one.estimate, 1e4, 1e-6);
  EXPECT_NEAR(one.high, 1e6 * Wilson(1, 100).high, 1);
}

TEST(LoggedTexts, WhatIsAssumedOfTextsChangesNothingWhereTheyAreMeasured) {
  NeedleConfig config{.haystacks = {"chat"}, .strategies = {"capped", "one"}, .accounts = 20'000};
  config.campaign_requests = 1000;
  config.logged = std::make_shared<const LoggedMonths>(MadeUpMonths(30, 5, 2));
  const auto run = [&](const NeedleAssumptions& a) {
    std::vector<double> numbers;
    const NeedleResult result = RunNeedle(config, a, {817}, {});
    for (const NeedleRow& row : result.haystacks[0].rows) {
      numbers.push_back(row.outcome.auc.estimate);
      numbers.push_back(row.outcome.obtained.estimate);
    }
    return numbers;
  };
  NeedleAssumptions a = Register();
  const std::vector<double> before = run(a);
  int idle = 0;
  for (const NamedAssumption& entry : Entries(a)) {
    if (!IsOfAssumedTexts(entry.name)) continue;
    EntryOf(a, entry.name).value = entry.entry->high;
    ++idle;
  }
  EXPECT_EQ(idle, 8);
  EXPECT_EQ(run(a), before);
  a.technical_share.value = a.technical_share.high;  // how many are developers is the register's
  EXPECT_NE(run(a), before);
}

}  // namespace
}  // namespace retort
