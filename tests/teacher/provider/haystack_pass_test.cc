// A month of a small haystack: the same for any number of threads, honest against honest a toss-up, alarms as many as
// can be reviewed.
#include "teacher/provider/haystack_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

constexpr double kAlarmShare = 0.01;

struct World {
  explicit World(int64_t accounts, int64_t sample)
      : config{.sample_accounts = sample, .tail_accounts = 500, .seed = 3} {
    const NeedleAssumptions a = Register();
    const Haystack haystack = MakeHaystack("chat", "gamma", a, accounts);
    population = std::make_unique<Population>(haystack, a, 3);
    earlier = std::make_unique<Population>(haystack, a, 3, "earlier month");
    detectors = Calibrated(*earlier, {}, kAlarmShare * static_cast<double>(accounts), config, {});
    counts = Pass(*population, *detectors, config, {});
  }
  PassConfig config;
  std::unique_ptr<Population> population, earlier;
  std::unique_ptr<Detectors> detectors;
  PassCounts counts;
};

const World& Shared() {
  static const World world(150'000, 6000);
  return world;
}

TEST(HaystackPass, TheSameForAnyNumberOfThreads) {
  const World& world = Shared();
  const auto run = [&](int threads) {
    const PassConfig config{.sample_accounts = 600, .tail_accounts = 100, .threads = threads, .seed = 9};
    const auto detectors = Calibrated(*world.earlier, {}, kAlarmShare * 150'000, config, {});
    PerDetector<double> thresholds;
    for (size_t i = 0; i < kDetectors; ++i) thresholds[i] = detectors->threshold(static_cast<Detector>(i));
    return std::pair(Pass(*world.population, *detectors, config, {}), thresholds);
  };
  const auto alone = run(1);
  EXPECT_EQ(alone.first.accounts, 150'000);
  EXPECT_GT(alone.first.control, 500);
  for (const int threads : {2, 3, 5}) EXPECT_EQ(run(threads), alone) << threads;
}

// Area under the curve of two honest months, ties counted half. With n scores each its standard error is at most
// √(1/(6n)) (.0065 at 4 000): four of them.
TEST(HaystackPass, HonestAgainstHonestIsATossUp) {
  const World& world = Shared();
  const auto scores = [&](const Population& population) {
    PerDetector<std::vector<double>> found;
    population.ForEachGroup(1, [&](const Group& group) {
      for (uint64_t account = group.first; account < group.first + group.size; ++account) {
        if (account % 16 != 0) continue;
        const PerDetector<double> highest =
            world.detectors->Highest(Observe(population, *world.detectors, account, group));
        for (size_t i = 0; i < kDetectors; ++i) found[i].push_back(highest[i]);
      }
    });
    return found;
  };
  PerDetector<std::vector<double>> now = scores(*world.population), before = scores(*world.earlier);
  for (size_t i = 0; i < kDetectors; ++i) {
    std::vector<double>& sorted = before[i];
    std::sort(sorted.begin(), sorted.end());
    double wins = 0;
    for (const double score : now[i]) {
      const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), score);
      wins += static_cast<double>(low - sorted.begin()) + 0.5 * static_cast<double>(high - low);
    }
    const double n = static_cast<double>(now[i].size()), auc = wins / (n * static_cast<double>(sorted.size()));
    // Members of a group share its look, so that the linked score has fewer independent values: twice the error.
    const double error = std::sqrt(1 / (6 * n)) * (static_cast<Detector>(i) >= Detector::kLinkedMmd ? 2 : 1);
    EXPECT_NEAR(auc, 0.5, 4 * error) << kDetectorNames[i];
  }
}

// Calibrated on 6 000 accounts, 60 of them beyond the threshold: the share of alarms is known to 1/√60, and is counted
// on a sample as large. Four standard errors of both.
TEST(HaystackPass, AlarmsAreAsManyAsCanBeReviewed) {
  const PassCounts& counts = Shared().counts;
  const PerDetector<Interval> flagged = HonestFlagged(counts);
  for (size_t i = 0; i < kDetectors; ++i) {
    if (static_cast<Detector>(i) >= Detector::kLinkedMmd) continue;  // count groups
    EXPECT_NEAR(flagged[i].estimate / 150'000 / kAlarmShare, 1, 4 * std::sqrt(2.0 / 60)) << kDetectorNames[i];
  }
  EXPECT_EQ(flagged[0].estimate, static_cast<double>(counts.volume_alarms));
}

TEST(HaystackPass, NoAlarmInASampleIsNoProofOfNone) {
  PassCounts counts{.accounts = 1'000'000, .tail = 1000, .control = 10'000};
  const Interval flagged = HonestFlagged(counts)[2];
  EXPECT_EQ(flagged.estimate, 0);
  EXPECT_GT(flagged.high, 3.0 / 10'000 * 999'000);
}

// Fifty groups of a hundred sampled members each, of which five ring as one: the interval is that of five groups in
// fifty, not of five hundred accounts in five thousand.
TEST(HaystackPass, GroupsThatRingAsOneCountAsOne) {
  PassCounts counts{.accounts = 1'000'000, .control = 5000};
  counts.control_members_squared = 50 * 100 * 100;
  counts.control_alarms[3] = 500;
  counts.control_clusters[3] = {.alarms_squared = 5 * 100 * 100, .alarms_by_members = 5 * 100 * 100};
  const Interval flagged = HonestFlagged(counts)[3];
  EXPECT_NEAR(flagged.estimate, 100'000, 1e-6);
  EXPECT_NEAR(flagged.low, 1e6 * Wilson(5, 50).low, 1);
  EXPECT_NEAR(flagged.high, 1e6 * Wilson(5, 50).high, 1);
  const Interval none = HonestFlagged(counts)[2];
  EXPECT_NEAR(none.high, 1e6 * Wilson(0, 50).high, 1) << "no alarm in fifty groups";
  counts.control_members_squared = 5000;  // each for itself
  counts.control_clusters[3] = {.alarms_squared = 500, .alarms_by_members = 500};
  EXPECT_NEAR(HonestFlagged(counts)[3].high, 1e6 * Wilson(500, 5000).high, 1);
}

TEST(HaystackPass, ReviewsAreAsManyAsCanBeMade) {
  const PassCounts& counts = Shared().counts;
  const PerDetector<std::vector<double>> reviews = HonestReviews(counts);
  for (size_t i = 0; i < kDetectors; ++i) {
    double sum = 0;
    for (const double today : reviews[i]) sum += today;
    // Groups, too: a review each. Of volume every total of the earlier month is known: Poisson noise of two months.
    const double error = static_cast<Detector>(i) == Detector::kVolume ? std::sqrt(2.0 / 1500) : std::sqrt(2.0 / 60);
    EXPECT_NEAR(sum / 1500, 1, 4 * error) << kDetectorNames[i];
  }
}

// A guilty account that is no different has an AUC of one half: here the second month's honest ones.
TEST(HaystackPass, PlacesOfTheHonestAmongTheHonestAreInTheMiddle) {
  const World& world = Shared();
  const PassCounts& counts = world.counts;
  const PassCounts before = Pass(*world.earlier, *world.detectors, world.config, {});
  for (size_t i = 0; i < kDetectors; ++i) {
    EXPECT_NEAR(static_cast<double>(counts.rarities[i].accounts()), 6000, 4 * std::sqrt(6000));
    const double error = std::sqrt(1 / (6 * 6000.0)) * (static_cast<Detector>(i) >= Detector::kLinkedMmd ? 2 : 1);
    EXPECT_NEAR(counts.rarities[i].AgainstOthers(before.rarities[i]), 0.5, 4 * error) << kDetectorNames[i];
  }
}

TEST(HaystackPass, CanBeStopped) {
  const World& world = Shared();
  EXPECT_EQ(
      Calibrated(*world.earlier, {}, 100, {.sample_accounts = 100'000'000}, [](const char*, double) { return false; }),
      nullptr);
}

}  // namespace
}  // namespace retort
