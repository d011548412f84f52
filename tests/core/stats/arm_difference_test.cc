#include "core/stats/arm_difference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/random.h"
#include "core/stats/curve_contrast.h"
#include "core/stats/curve_replicates.h"
#include "tests/core/stats/simulated_world.h"

namespace retort {
namespace {

std::vector<double> Exactly(double share, size_t items = 200) {
  std::vector<double> scores(items, 0.0);
  std::fill_n(scores.begin(), std::lround(share * static_cast<double>(items)), 1.0);
  return scores;
}

// Base 0 and teacher 1 for sure: shares closed are scores. Each seed has items of its own.
std::vector<SeedScores> Rows(const std::vector<double>& other, const std::vector<double>& arm) {
  std::vector<SeedScores> rows;
  for (size_t k = 0; k < arm.size(); ++k) {
    rows.push_back({std::to_string(k), {Exactly(0), Exactly(1), Exactly(other[k]), Exactly(arm[k])}});
  }
  return rows;
}

bool ZeroIsOutside(const Interval& interval) { return interval.low > 0 || interval.high < 0; }

// With one column it is the stretched interval of that share.
TEST(ArmDifference, OfOneArmIsTheStretchedInterval) {
  const PairedMeans means(Rows({.5, .5, .5, .5, .5}, {.9, .8, .85, .7, .8}));
  const Interval plain = means.Mean(3), stretched = means.Rate(3);
  const Interval tested = ArmDifference(means, 1, 0.95).Difference(std::array{0., 0., 0., 1.}).interval;
  EXPECT_LT(tested.low, plain.low - 0.005);
  EXPECT_NEAR(tested.low, stretched.low, 1e-9);
  EXPECT_NEAR(tested.high, stretched.high, 1e-9);
}

// One arm near the ceiling, the other not: the far side, where seeds that lag hide, is drawn out.
TEST(ArmDifference, DrawsOutTheSkewedSide) {
  const std::vector<double> ahead = {.98, .97, .99, .96, .97, .98}, behind = {.92, .85, .95, .80, .90, .93};
  const std::vector<SeedScores> rows = Rows(behind, ahead);
  const PairedMeans means(rows);
  const Interval plain = means.Contrast(std::array{0., 0., -1., 1.});
  const ScoreContrast tested = CompareScores(rows, true);
  EXPECT_EQ(tested.seeds, 6);
  EXPECT_DOUBLE_EQ(tested.lead.estimate, plain.estimate);
  EXPECT_NEAR(tested.lead.low, plain.low, 1e-9);  // never inwards
  EXPECT_GT(tested.lead.high, plain.high + 0.005);
}

// Turned round, and as scores of which less is better.
TEST(ArmDifference, HasNoSideOfItsOwn) {
  const std::vector<double> ahead = {.98, .97, .99, .96, .97, .98}, behind = {.92, .85, .95, .80, .90, .93};
  const ScoreContrast one = CompareScores(Rows(behind, ahead), true), other = CompareScores(Rows(ahead, behind), true);
  EXPECT_NEAR(one.lead.low, -other.lead.high, 1e-12);
  EXPECT_NEAR(one.lead.high, -other.lead.low, 1e-12);
  EXPECT_NEAR(*one.p_value, *other.p_value, 1e-12);
  std::vector<SeedScores> losses = Rows(behind, ahead);
  for (SeedScores& row : losses) {
    for (std::vector<double>& column : row.columns) {
      for (double& score : column) score = 3 - score;
    }
  }
  const ScoreContrast loss = CompareScores(losses, false);
  EXPECT_NEAR(loss.lead.low, one.lead.low, 1e-9);
  EXPECT_NEAR(loss.lead.high, one.lead.high, 1e-9);
  EXPECT_NEAR(*loss.p_value, *one.p_value, 1e-9);
}

// What lifts a seed's base, teacher and arms alike says nothing of the arms.
TEST(ArmDifference, LuckThatAllColumnsShareChangesNothing) {
  const std::vector<double> other = {.02, .05, .03, .01, .04, .02}, arm = {.07, .10, .07, .05, .17, .06};
  const std::vector<double> luck = {.30, -.24, .10, -.33, .25, -.08};
  std::vector<SeedScores> rows = Rows(other, arm);
  const ScoreContrast without = CompareScores(rows, true);
  for (size_t k = 0; k < rows.size(); ++k) {
    for (std::vector<double>& column : rows[k].columns) {
      for (double& score : column) score += luck[k];
    }
  }
  const ScoreContrast with = CompareScores(rows, true);
  EXPECT_NEAR(with.lead.low, without.lead.low, 1e-9);
  EXPECT_NEAR(with.lead.high, without.lead.high, 1e-9);
  EXPECT_NEAR(*with.p_value, *without.p_value, 1e-9);
}

// Bases that differ from seed to seed, students that stay near them: arms that go up and down together.
TEST(ArmDifference, ScatteredBasesAreNoSpreadOfShares) {
  const std::vector<double> base = {.30, .65, .40, .70, .35, .55}, gain = {.052, .050, .040, .044, .126, .043};
  std::vector<SeedScores> rows;
  for (size_t k = 0; k < base.size(); ++k) {
    rows.push_back({std::to_string(k),
                    {Exactly(base[k], 1000), Exactly(.93, 1000),
                     Exactly(base[k] - .005 * static_cast<double>(k % 3), 1000), Exactly(base[k] + gain[k], 1000)}});
  }
  const Interval plain = PairedMeans(rows).Contrast(std::array{0., 0., -1., 1.});
  const ScoreContrast tested = CompareScores(rows, true);
  EXPECT_LT(tested.lead.high - tested.lead.low, 1.6 * (plain.high - plain.low));
  EXPECT_GT(tested.lead.low, 0);
}

TEST(ArmDifference, WithoutAGapIsThePairedTTest) {
  std::vector<SeedScores> rows = Rows({.2, .3, .25, .3, .2, .1}, {.3, .4, .3, .5, .25, .2});
  for (SeedScores& row : rows) row.columns[1] = row.columns[0];
  const PairedMeans means(rows);
  const ScoreContrast tested = CompareScores(rows, true);
  EXPECT_EQ(tested.lead.high, means.Contrast(std::array{0., 0., -1., 1.}).high);
  EXPECT_EQ(tested.p_value, means.PValue(std::array{0., 0., -1., 1.}));
}

TEST(ArmDifference, FewSeedsAndEqualArms) {
  EXPECT_FALSE(CompareScores(Rows({.5, .6, .4, .5, .6}, {.6, .6, .5, .5, .7}), true).p_value);
  EXPECT_FALSE(CompareScores(Rows({.5}, {.6}), true).p_value);  // one seed: over items
  const std::vector<double> same = {.5, .6, .4, .5, .6, .7};
  const ScoreContrast equal = CompareScores(Rows(same, same), true);
  EXPECT_EQ(equal.lead.low, 0);
  EXPECT_EQ(equal.lead.high, 0);
  EXPECT_EQ(equal.p_value, 1.0);
}

// p < .05 exactly when the 95 % interval leaves 0 out: whatever is shared, censored or skewed, and at any level.
TEST(PValues, AgreeWithTheirIntervals) {
  RandomStream random(1, "p values and intervals");
  int outside = 0, inside = 0, censored = 0, read = 0;
  for (int trial = 0; trial < 400; ++trial) {
    World world{.name = "any", .items = 40 + 40 * (trial % 3), .shared_items = trial % 2 == 0};
    world.centre = 1 + 6 * random.Uniform();
    world.delta = -0.6 * random.Uniform();
    world.spread = 0.2 + 0.5 * random.Uniform();
    world.noise = trial % 5 == 0 ? 0.5 : 0;
    if (world.noise > 0) std::swap(world.base, world.teacher);
    SimulatedArms arms =
        Simulate(world, 6 + trial % 4, std::array{40, 100, 199, 200}[static_cast<size_t>(trial % 4)], random);
    const double alpha = trial % 3 == 0 ? 0.2 : 0.05;  // 1 - .95 is more than .05 by a rounding
    arms.a.level = arms.b.level = trial % 3 == 0 ? 0.8 : 0.95;
    const CurveContrast contrast = CompareCurves(arms.a, arms.b);
    if (contrast.undefined.empty()) {
      ASSERT_TRUE(contrast.p_value);
      const Interval& interval = contrast.censored ? contrast.mean_gap_closed : contrast.delta_log2_n50;
      EXPECT_EQ(*contrast.p_value < alpha, ZeroIsOutside(interval))
          << trial << ": " << *contrast.p_value << " [" << interval.low << ", " << interval.high << "]";
      (ZeroIsOutside(interval) ? outside : inside) += 1;
      censored += contrast.censored ? 1 : 0;
      ++read;
    }
    std::vector<SeedScores> rows;
    for (size_t k = 0; k < arms.a.seeds.size(); ++k) {
      const GapSeed &a = arms.a.seeds[k], &b = arms.b.seeds[k];
      rows.push_back({a.items, {a.base, a.teacher, b.at_size[2], a.at_size[2]}});
    }
    const ScoreContrast score = CompareScores(rows, world.noise == 0, arms.a.level);
    EXPECT_EQ(*score.p_value < alpha, ZeroIsOutside(score.lead)) << trial;
  }
  EXPECT_GT(outside, 100);
  EXPECT_GT(inside, 100);
  EXPECT_GT(censored, 50);
  EXPECT_GT(read - censored, 50);
}

// The k-th of R sorted replicates, 2 k / (R + 1) < 1 - level.
TEST(TailRank, LeavesOutLessThanTheLevel) {
  EXPECT_EQ(TailRank(2000, 0.95), 50U);
  EXPECT_EQ(TailRank(1999, 0.95), 49U);  // 100 / 2000 is not below .05
  EXPECT_EQ(TailRank(400, 0.95), 10U);
  EXPECT_EQ(TailRank(199, 0.8), 19U);
  EXPECT_EQ(TailRank(10, 0.95), 1U);
}

}  // namespace
}  // namespace retort
