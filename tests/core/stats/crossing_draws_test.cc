#include "core/stats/crossing_draws.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/stats/curve_contrast.h"

namespace retort {
namespace {

std::vector<double> Exactly(double share) {
  std::vector<double> scores(100, 0.0);
  for (int i = 0; i < std::lround(100 * share); ++i) scores[static_cast<size_t>(i)] = 1;
  return scores;
}

// Base .1, teacher .9; seeds scatter by `wobble` about the shares closed.
GapCurveInput Curve(const std::vector<double>& closed, const std::vector<double>& wobble, std::vector<int> sizes) {
  GapCurveInput input{.sizes = std::move(sizes)};
  for (size_t k = 0; k < wobble.size(); ++k) {
    GapSeed seed{std::to_string(k), Exactly(.1), Exactly(.9), {}};
    for (const double share : closed) seed.at_size.push_back(Exactly(.1 + .8 * (share + wobble[k])));
    input.seeds.push_back(std::move(seed));
  }
  return input;
}

const std::vector<double> kWobble = {.05, -.05, .025, -.025, .1, -.1};

TEST(DrawCrossings, CurvesMayHaveSizesOfTheirOwn) {
  const std::vector<GapCurveInput> curves = {Curve({.125, .375, .625, .875}, kWobble, {4, 8, 16, 32}),
                                             Curve({.25, .75}, kWobble, {1024, 4096})};
  const CrossingDraws draws = DrawCrossings(curves, std::vector{1.0, -1.0}, 0.5);
  ASSERT_EQ(draws.undefined, "");
  EXPECT_EQ(draws.seeds, 6);
  EXPECT_NEAR(draws.estimate[0], 3.5, 1e-9);
  EXPECT_NEAR(draws.estimate[1], 11, 1e-9);
  for (const auto& one : draws.draws) ASSERT_EQ(one.size(), 2000u);
  // The same seeds are lucky in both: a replicate that is late in one is late in the other.
  int together = 0;
  for (size_t r = 0; r < 2000; ++r) together += (draws.draws[0][r] > 3.5) == (draws.draws[1][r] > 11) ? 1 : 0;
  EXPECT_GT(together, 1900);
}

TEST(DrawCrossings, AgreesWithTheContrastOfTwoCurves) {
  const std::vector<double> other = {.1, -.025, .05, -.05, .025, -.1};
  const std::vector<GapCurveInput> curves = {Curve({.125, .375, .625, .875}, kWobble, {4, 8, 16, 32}),
                                             Curve({.0, .125, .375, .625}, other, {4, 8, 16, 32})};
  const CrossingDraws draws = DrawCrossings(curves, std::vector{1.0, -1.0}, 0.5);
  const CurveContrast contrast = CompareCurves(curves[0], curves[1]);
  EXPECT_NEAR(draws.estimate[0] - draws.estimate[1], contrast.delta_log2_n50.estimate, 1e-9);
  std::vector<double> delta;
  for (size_t r = 0; r < draws.draws[0].size(); ++r) delta.push_back(draws.draws[0][r] - draws.draws[1][r]);
  std::ranges::sort(delta);
  // Two sets of 2,000 replicates of one distribution.
  EXPECT_NEAR(delta[50], contrast.delta_log2_n50.low, 0.15);
  EXPECT_NEAR(delta[1949], contrast.delta_log2_n50.high, 0.15);
}

TEST(DrawCrossings, WhatIsNotReachedStaysInfinite) {
  const std::vector<GapCurveInput> curves = {Curve({.1, .2}, kWobble, {4, 8}), Curve({.8, .85}, kWobble, {4, 8})};
  const CrossingDraws draws = DrawCrossings(curves, std::vector{1.0, -1.0}, 0.5);
  EXPECT_EQ(draws.estimate[0], HUGE_VAL);
  EXPECT_EQ(draws.estimate[1], -HUGE_VAL);
}

TEST(DrawCrossings, SeedsWithAHoleAreLeftOutAndNoneIsSaid) {
  GapCurveInput a = Curve({.2, .8}, kWobble, {4, 8}), b = a;
  a.seeds[1].at_size[0].clear();
  const std::vector<GapCurveInput> curves = {a, b};
  EXPECT_EQ(DrawCrossings(curves, std::vector{1.0, -1.0}, 0.5).seeds, 5);
  for (GapSeed& seed : b.seeds) seed.at_size = {{}, {}};
  const std::vector<GapCurveInput> nothing = {a, b};
  EXPECT_EQ(DrawCrossings(nothing, std::vector{1.0, -1.0}, 0.5).undefined, "no seed has all of the curves");
}

}  // namespace
}  // namespace retort
