#include "core/stats/curve_contrast.h"

#include <gtest/gtest.h>

#include <cmath>

namespace retort {
namespace {

// Scores 1 for the first share * items items, so that means are exact.
std::vector<double> Exactly(double share, int items = 100) {
  std::vector<double> scores(static_cast<size_t>(items), 0.0);
  for (int i = 0; i < std::lround(share * items); ++i) scores[static_cast<size_t>(i)] = 1;
  return scores;
}

// Base .1, teacher .9, seeds scatter by `wobble` about the shares closed.
GapCurveInput Curve(const std::vector<double>& closed, const std::vector<double>& wobble, std::vector<int> sizes) {
  GapCurveInput input{.sizes = std::move(sizes)};
  for (size_t k = 0; k < wobble.size(); ++k) {
    GapSeed seed{std::to_string(k), Exactly(.1), Exactly(.9), {}};
    for (double share : closed) seed.at_size.push_back(Exactly(.1 + .8 * (share + wobble[k])));
    input.seeds.push_back(std::move(seed));
  }
  return input;
}

const std::vector<int> kSizes = {4, 8, 16, 32};
const std::vector<double> kWobbleA = {.05, -.05, .025, -.025, .1, -.1}, kWobbleB = {.1, -.025, .05, -.05, .025, -.1};

TEST(CompareCurves, CountsDoublings) {
  const GapCurveInput a = Curve({.125, .375, .625, .875}, kWobbleA, kSizes);
  const GapCurveInput b = Curve({.0, .125, .375, .625}, kWobbleB, kSizes);  // the same, one doubling later
  const CurveContrast contrast = CompareCurves(a, b);
  ASSERT_EQ(contrast.undefined, "");
  EXPECT_EQ(contrast.seeds, 6);
  EXPECT_EQ(contrast.sizes, kSizes);
  EXPECT_FALSE(contrast.censored);
  EXPECT_NEAR(contrast.delta_log2_n50.estimate, -1, 1e-9);
  EXPECT_LT(contrast.delta_log2_n50.low, -1);
  EXPECT_GT(contrast.delta_log2_n50.high, -1);
  EXPECT_LT(contrast.delta_log2_n50.high, 0);
  // Trapezoids: (.125/2 + .375 + .625 + .875/2)/3 - (0 + .125 + .375 + .625/2)/3.
  EXPECT_NEAR(contrast.mean_gap_closed.estimate, 1.5 / 3 - .8125 / 3, 1e-9);
  EXPECT_GT(contrast.mean_gap_closed.low, 0);
  ASSERT_TRUE(contrast.p_value);
  EXPECT_LT(*contrast.p_value, 0.05);
}

TEST(CompareCurves, TurnsRound) {
  const GapCurveInput a = Curve({.125, .375, .625, .875}, kWobbleA, kSizes);
  const GapCurveInput b = Curve({.0, .125, .375, .625}, kWobbleB, kSizes);
  const CurveContrast one = CompareCurves(a, b), other = CompareCurves(b, a);
  EXPECT_NEAR(one.delta_log2_n50.estimate, -other.delta_log2_n50.estimate, 1e-12);
  EXPECT_NEAR(one.delta_log2_n50.low, -other.delta_log2_n50.high, 1e-9);
  EXPECT_NEAR(one.mean_gap_closed.low, -other.mean_gap_closed.high, 1e-9);
  EXPECT_EQ(one.p_value, other.p_value);
}

TEST(CompareCurves, AnArmAgainstItselfIsNoDifference) {
  const GapCurveInput a = Curve({.125, .375, .625, .875}, kWobbleA, kSizes);
  const CurveContrast contrast = CompareCurves(a, a);
  EXPECT_EQ(contrast.delta_log2_n50.estimate, 0);
  EXPECT_EQ(contrast.delta_log2_n50.low, 0);
  EXPECT_EQ(contrast.delta_log2_n50.high, 0);
  EXPECT_EQ(*contrast.p_value, 1);
}

// What lies beyond the grid is known to be beyond it, and no more.
TEST(CompareCurves, OneCensoredArmBoundsTheDifference) {
  const GapCurveInput a = Curve({.125, .375, .625, .875}, kWobbleA, kSizes);  // N50 = 2^3.5
  const GapCurveInput b = Curve({.0, .0, .05, .1}, kWobbleB, kSizes);         // N50 > 32
  const CurveContrast contrast = CompareCurves(a, b);
  EXPECT_TRUE(contrast.censored);
  EXPECT_EQ(contrast.delta_log2_n50.estimate, -INFINITY);
  EXPECT_EQ(contrast.delta_log2_n50.low, -INFINITY);
  EXPECT_GE(contrast.delta_log2_n50.high, 3.5 - 5);
  EXPECT_LT(contrast.delta_log2_n50.high, 0);
  EXPECT_EQ(contrast.unordered, 0);
  EXPECT_GT(contrast.mean_gap_closed.low, 0);
  EXPECT_LT(*contrast.p_value, 0.01);
}

TEST(CompareCurves, TwoCensoredArmsHaveNoOrder) {
  const GapCurveInput a = Curve({.05, .1, .15, .2}, kWobbleA, kSizes);
  const GapCurveInput b = Curve({.0, .0, .0, .05}, kWobbleB, kSizes);
  const CurveContrast contrast = CompareCurves(a, b);
  EXPECT_TRUE(contrast.censored);
  EXPECT_TRUE(std::isnan(contrast.delta_log2_n50.estimate));
  EXPECT_EQ(contrast.delta_log2_n50.low, -INFINITY);
  EXPECT_EQ(contrast.delta_log2_n50.high, INFINITY);
  EXPECT_GT(contrast.unordered, 0.99);  // Student's tails reach far
  EXPECT_GT(contrast.mean_gap_closed.estimate, 0);
  EXPECT_TRUE(contrast.p_value);
}

TEST(CompareCurves, FewSeedsGiveNoPValue) {
  const GapCurveInput a = Curve({.125, .375, .625, .875}, {.05, -.05, .1, -.1, 0}, kSizes);
  const CurveContrast five = CompareCurves(a, Curve({.0, .125, .375, .625}, {.0, .05, .1, -.1, -.05}, kSizes));
  EXPECT_EQ(five.seeds, 5);
  EXPECT_FALSE(five.p_value);
  EXPECT_TRUE(std::isfinite(five.delta_log2_n50.low));
}

TEST(CompareCurves, CommonBlockOnly) {
  GapCurveInput a = Curve({.125, .375, .625, .875}, kWobbleA, kSizes);
  GapCurveInput b = Curve({.125, .375, .625}, kWobbleB, {8, 16, 64});
  a.seeds[2].at_size[1].clear();
  const CurveContrast contrast = CompareCurves(a, b);
  EXPECT_EQ(contrast.seeds, 5);
  EXPECT_EQ(contrast.sizes, (std::vector<int>{8, 16}));
  EXPECT_FALSE(CompareCurves(a, Curve({.1}, kWobbleB, {128})).undefined.empty());
  b.seeds[0].at_size.clear();
  EXPECT_EQ(CompareCurves(a, b).seeds, 4);
}

TEST(CompareCurves, OneSeedSpeaksOfItems) {
  const GapCurveInput a = Curve({.125, .375, .625, .875}, {.0}, kSizes),
                      b = Curve({.0, .125, .375, .625}, {.0}, kSizes);
  const CurveContrast contrast = CompareCurves(a, b);
  EXPECT_NEAR(contrast.delta_log2_n50.estimate, -1, 1e-9);
  EXPECT_LT(contrast.delta_log2_n50.low, contrast.delta_log2_n50.high);
  EXPECT_FALSE(contrast.p_value);
}

TEST(CompareCurves, SmallGapsAreUndefined) {
  GapCurveInput a = Curve({.125, .375, .625, .875}, kWobbleA, kSizes);
  for (GapSeed& seed : a.seeds) seed.teacher = Exactly(.15);
  EXPECT_NE(CompareCurves(a, a).undefined.find("smallest gap"), std::string::npos);
}

}  // namespace
}  // namespace retort
