#include "core/stats/paired_means.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/base/random.h"

namespace retort {
namespace {

std::vector<double> Noise(RandomStream& random, double mean, size_t items) {
  std::vector<double> scores;
  for (size_t i = 0; i < items; ++i) scores.push_back(mean + random.Normal());
  return scores;
}

TEST(PositiveRoot, SquaresBackAndDropsNegativeParts) {
  Symmetric m(3);
  m.values = {4, 2, 0, 2, 3, 1, 0, 1, 2};
  const Symmetric back = Squared(PositiveRoot(m));
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(back.values[i], m.values[i], 1e-12);
  Symmetric indefinite(2);
  indefinite.values = {0, 1, 1, 0};  // eigenvalues 1 and -1
  const Symmetric nearest = Squared(PositiveRoot(indefinite));
  for (double v : nearest.values) EXPECT_NEAR(v, 0.5, 1e-12);
}

TEST(PairedMeans, OneSeedIsAPairedTTestOverItems) {
  // Differences 1, 2, 3, 4: mean 2.5, standard error 1.290994 / 2, t(3) = 3.182446.
  const PairedMeans means(std::vector<SeedScores>{{"a", {{5, 1, 0, 7}, {6, 3, 3, 11}}}});
  const Interval d = means.Contrast(std::array{-1.0, 1.0});
  EXPECT_TRUE(means.items_only());
  EXPECT_DOUBLE_EQ(d.estimate, 2.5);
  EXPECT_NEAR(d.high - d.estimate, 3.182446 * 1.290994 / 2, 1e-5);
}

TEST(PairedMeans, SeedsWithOwnItemsAreATTestOverSeeds) {
  RandomStream random(1, "own");
  std::vector<SeedScores> seeds;
  double sum = 0, squares = 0;
  for (int k = 0; k < 5; ++k) {
    seeds.push_back({std::to_string(k), {Noise(random, 0.1 * k, 30)}});
    double mean = 0;
    for (double v : seeds.back().columns[0]) mean += v / 30;
    sum += mean;
    squares += mean * mean;
  }
  const Interval mean = PairedMeans(seeds).Mean(0);
  const double sd = std::sqrt((squares - sum * sum / 5) / 4);
  EXPECT_NEAR(mean.estimate, sum / 5, 1e-12);
  EXPECT_NEAR(mean.high - mean.low, 2 * 2.776445 * sd / std::sqrt(5), 1e-6);
}

// Shared items: SE² = s²_seed/K + s²_item/M - s²_residual/(K M), by the two-way table's mean squares.
TEST(PairedMeans, SharedItemsAreTheCrossedDesign) {
  RandomStream random(2, "crossed");
  constexpr size_t kSeeds = 3, kItems = 40;
  const std::vector<double> item = Noise(random, 0, kItems);
  std::vector<SeedScores> seeds;
  for (size_t k = 0; k < kSeeds; ++k) {
    const double shift = random.Normal();
    std::vector<double> scores = Noise(random, shift, kItems);
    for (size_t i = 0; i < kItems; ++i) scores[i] += 2 * item[i];
    seeds.push_back({"all", {scores}});
  }
  double grand = 0;
  std::vector<double> seed_mean(kSeeds), item_mean(kItems);
  for (size_t k = 0; k < kSeeds; ++k) {
    for (size_t i = 0; i < kItems; ++i) {
      const double v = seeds[k].columns[0][i];
      seed_mean[k] += v / kItems;
      item_mean[i] += v / kSeeds;
      grand += v / (kSeeds * kItems);
    }
  }
  double s2_seed = 0, s2_item = 0, s2_residual = 0;
  for (double m : seed_mean) s2_seed += (m - grand) * (m - grand) / (kSeeds - 1);
  for (double m : item_mean) s2_item += (m - grand) * (m - grand) / (kItems - 1);
  for (size_t k = 0; k < kSeeds; ++k) {
    for (size_t i = 0; i < kItems; ++i) {
      const double r = seeds[k].columns[0][i] - seed_mean[k] - item_mean[i] + grand;
      s2_residual += r * r / ((kSeeds - 1) * (kItems - 1));
    }
  }
  const PairedMeans means(seeds);
  const double items_part = means.item_root()(0, 0) * means.item_root()(0, 0);
  EXPECT_NEAR(items_part, s2_item / kItems - s2_residual / (kSeeds * kItems), 1e-12);
  const double seeds_part = s2_seed / kSeeds, variance = seeds_part + items_part;
  // In ν the seeds' part is divided by the median of χ²_2 / 2, which is ln 2.
  const double likely = seeds_part / std::log(2);
  const double freedom = std::pow(likely + items_part, 2) / (likely * likely / 2 + items_part * items_part / 39);
  EXPECT_NEAR(means.DegreesOfFreedom(std::array{1.0}), freedom, 1e-9);
  const Interval mean = means.Mean(0);
  EXPECT_NEAR(mean.high - mean.estimate, StudentQuantile(0.975, freedom) * std::sqrt(variance), 1e-12);
}

TEST(PairedMeans, PairingRemovesWhatColumnsShare) {
  RandomStream random(3, "pair");
  std::vector<SeedScores> seeds;
  for (int k = 0; k < 4; ++k) {
    const std::vector<double> first = Noise(random, 10 * random.Normal(), 50);
    std::vector<double> second = first;
    for (double& v : second) v += 1;
    seeds.push_back({"all", {first, second}});
  }
  const Interval d = PairedMeans(seeds).Contrast(std::array{-1.0, 1.0});
  EXPECT_NEAR(d.low, 1, 1e-6);
  EXPECT_NEAR(d.high, 1, 1e-6);
}

// Fieller's set by its definition: the contrast A - ρB is not significant exactly for ρ inside.
TEST(PairedMeans, RatioIsTheInvertedTest) {
  RandomStream random(4, "fieller");
  const PairedMeans means(std::vector<SeedScores>{{"a", {Noise(random, 5, 25), Noise(random, 12, 25)}}});
  const std::array numerator = {1.0, 0.0}, denominator = {0.0, 1.0};
  const std::optional<Interval> ratio = means.Ratio(numerator, denominator);
  ASSERT_TRUE(ratio);
  EXPECT_DOUBLE_EQ(ratio->estimate, means.mean()[0] / means.mean()[1]);
  for (double rho : {ratio->low, ratio->high}) {
    const Interval test = means.Contrast(std::array{1.0, -rho});
    EXPECT_NEAR(std::min(std::abs(test.low), std::abs(test.high)), 0, 1e-9);
  }
  const Interval inside = means.Contrast(std::array{1.0, -(ratio->low + 1e-3)});
  EXPECT_LT(inside.low * inside.high, 0);
}

// Six differences 1 2 3 4 5 -1 (each seed one item of its own): t = 2.3333 / (2.1602 / √6) = 2.6458, P(|T_5| > t) =
// .045659 by its closed form.
TEST(PairedMeans, PValueIsTheTTestOverSeeds) {
  std::vector<SeedScores> seeds;
  for (double d : {1., 2., 3., 4., 5., -1.}) seeds.push_back({std::to_string(seeds.size()), {{d}}});
  const PairedMeans means(seeds);
  const double p = means.PValue(std::array{1.0}).value();
  EXPECT_NEAR(p, 0.045659, 5e-7);
  EXPECT_NEAR(means.Contrast(std::array{1.0}, 1 - p).low, 0, 1e-9);
  EXPECT_FALSE(PairedMeans(std::span(seeds).first(5)).PValue(std::array{1.0}));
}

TEST(PairedMeans, PValueAgreesWithTheIntervalWhereItemsAreShared) {
  RandomStream random(6, "p value");
  const std::vector<double> item = Noise(random, 0.3, 30);
  std::vector<SeedScores> seeds;
  for (int k = 0; k < 6; ++k) {
    std::vector<double> scores = Noise(random, 0, 30);
    for (size_t i = 0; i < scores.size(); ++i) scores[i] += item[i];
    seeds.push_back({"all", {scores, std::vector<double>(30, 0.0)}});
  }
  const PairedMeans means(seeds);
  ASSERT_GT(means.item_root()(0, 0), 0);
  const double p = means.PValue(std::array{1.0, -1.0}).value();
  const Interval reaching = means.Contrast(std::array{1.0, -1.0}, 1 - p);
  EXPECT_NEAR(std::min(std::abs(reaching.low), std::abs(reaching.high)), 0, 1e-6);
  EXPECT_EQ(means.PValue(std::array{0.0, 1.0}), 1.0);  // no difference at all
}

TEST(PairedMeans, NoRatioByWhatMayBeZero) {
  RandomStream random(5, "zero");
  const PairedMeans means(std::vector<SeedScores>{{"a", {Noise(random, 5, 25), Noise(random, 0, 25)}}});
  EXPECT_FALSE(means.Ratio(std::array{1.0, 0.0}, std::array{0.0, 1.0}));
}

TEST(PairedMeans, FewItemsNeverGiveFalseCertainty) {
  const PairedMeans one(std::vector<SeedScores>{{"a", {{1.0}}}});
  EXPECT_TRUE(std::isinf(one.Mean(0).high));
  EXPECT_LT(one.Rate(0).low, 0.3);
  const PairedMeans same(std::vector<SeedScores>(4, {"all", {std::vector<double>(20, 1.0)}}));
  EXPECT_NEAR(same.Rate(0).low, Wilson(20, 20).low, 1e-12);  // 20 different items, not 80
  EXPECT_EQ(same.Rate(0).high, 1);
}

TEST(PairedMeans, RateStaysInside) {
  std::vector<SeedScores> seeds;
  for (int ones : {20, 20, 20, 12}) {
    std::vector<double> scores(20, 0.0);
    for (int i = 0; i < ones; ++i) scores[static_cast<size_t>(i)] = 1;
    seeds.push_back({std::to_string(seeds.size()), {scores}});
  }
  const Interval rate = PairedMeans(seeds).Rate(0);
  EXPECT_EQ(rate.high, 1);
  EXPECT_GE(rate.low, 0);
  EXPECT_DOUBLE_EQ(rate.estimate, 0.9);
}

}  // namespace
}  // namespace retort
