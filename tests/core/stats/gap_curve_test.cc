#include "core/stats/gap_curve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>

#include "core/base/random.h"

namespace retort {
namespace {

// Scores 1 for the first share * items items, so that means are exact.
std::vector<double> Exactly(double share, int items = 100) {
  std::vector<double> scores(static_cast<size_t>(items), 0.0);
  for (int i = 0; i < std::lround(share * items); ++i) scores[static_cast<size_t>(i)] = 1;
  return scores;
}

GapCurveInput Example() {
  GapCurveInput input{.sizes = {4, 16, 64}};
  const double shares[4][3] = {{.2, .6, .9}, {.3, .5, .9}, {.2, .7, .8}, {.1, .6, .9}};
  for (int k = 0; k < 4; ++k) {
    GapSeed seed{std::to_string(k), Exactly(.1), Exactly(.9), {}};
    for (double share : shares[k]) seed.at_size.push_back(Exactly(share));
    input.seeds.push_back(std::move(seed));
  }
  return input;
}

TEST(GapCurve, RatioOfMeans) {
  const GapCurve curve = FitGapCurve(Example());
  EXPECT_EQ(curve.seeds, 4);
  EXPECT_FALSE(curve.items_only);
  EXPECT_NEAR(curve.gap.estimate, 0.8, 1e-12);
  ASSERT_EQ(curve.points.size(), 3u);
  EXPECT_NEAR(curve.points[0].gap_closed->estimate, (0.2 - 0.1) / 0.8, 1e-12);
  EXPECT_NEAR(curve.points[1].gap_closed->estimate, (0.6 - 0.1) / 0.8, 1e-12);
  EXPECT_LT(curve.points[1].gap_closed->low, 0.55);
  EXPECT_GT(curve.points[1].gap_closed->high, 0.70);
  // .125 at 4, .625 at 16: half at log2 N = 2 + 2 * .75.
  ASSERT_TRUE(curve.n50);
  EXPECT_NEAR(curve.n50->estimate.n, std::exp2(3.5), 1e-9);
  EXPECT_LT(curve.n50->low.n, curve.n50->estimate.n);
  EXPECT_GT(curve.n50->high.n, curve.n50->estimate.n);
  EXPECT_EQ(ToString(curve.n50->estimate), "11.3");
  EXPECT_EQ(curve.n90->high.kind, Crossing::Kind::kAbove);
}

TEST(GapCurve, LowerIsBetterMirrors) {
  GapCurveInput input = Example();
  const GapCurve up = FitGapCurve(input);
  input.higher_is_better = false;
  input.rate = false;
  input.smallest_gap = 0.1;
  for (GapSeed& seed : input.seeds) {
    const auto flip = [](std::vector<double>& v) {
      for (double& x : v) x = 3 - 2 * x;
    };
    flip(seed.base);
    flip(seed.teacher);
    for (std::vector<double>& v : seed.at_size) flip(v);
  }
  const GapCurve down = FitGapCurve(input);
  EXPECT_NEAR(down.gap.estimate, 2 * up.gap.estimate, 1e-12);
  for (size_t i = 0; i < up.points.size(); ++i) {
    EXPECT_NEAR(down.points[i].gap_closed->estimate, up.points[i].gap_closed->estimate, 1e-12);
    EXPECT_NEAR(down.points[i].gap_closed->low, up.points[i].gap_closed->low, 1e-12);
  }
  EXPECT_NEAR(down.n50->high.n, up.n50->high.n, 1e-9);
}

TEST(GapCurve, UndefinedWhereTheGapIsSmallOrReversed) {
  GapCurveInput input = Example();
  for (GapSeed& seed : input.seeds) seed.teacher = Exactly(.15);
  GapCurve curve = FitGapCurve(input);
  EXPECT_FALSE(curve.n50);
  EXPECT_FALSE(curve.points[0].gap_closed);
  EXPECT_NE(curve.undefined.find("smallest gap of 0.1"), std::string::npos) << curve.undefined;
  EXPECT_NEAR(curve.points[2].score.estimate, 0.875, 1e-12);  // scores stand all the same
  input.smallest_gap = 0.01;
  EXPECT_TRUE(FitGapCurve(input).n50);
  for (GapSeed& seed : input.seeds) seed.teacher = Exactly(.0);
  input.smallest_gap = -1;
  EXPECT_FALSE(FitGapCurve(input).n50);
}

TEST(GapCurve, LikelihoodsDefaultToATenthOfTheTeacher) {
  GapCurveInput input{.sizes = {16}, .higher_is_better = false, .rate = false};
  input.seeds.push_back({"a", {1.02, 1.03, 1.04}, {1.0, 1.01, 1.02}, {{1.01, 1.02, 1.03}}});
  EXPECT_FALSE(FitGapCurve(input).n50);
  for (double& v : input.seeds[0].base) v += 0.2;
  EXPECT_TRUE(FitGapCurve(input).n50);
}

TEST(GapCurve, MissingCells) {
  GapCurveInput input = Example();
  input.seeds[3].at_size[2].clear();
  GapCurve curve = FitGapCurve(input);
  EXPECT_EQ(curve.points[1].seeds, 4);
  EXPECT_EQ(curve.points[2].seeds, 3);
  EXPECT_EQ(curve.crossing_seeds, 3);  // 3 seeds x 3 sizes beats 4 x 2
  EXPECT_EQ(curve.crossing_sizes.size(), 3u);
  input.seeds[1].at_size[2].clear();
  input.seeds[2].at_size[2].clear();
  curve = FitGapCurve(input);
  EXPECT_EQ(curve.points[2].seeds, 1);
  EXPECT_EQ(curve.crossing_seeds, 4);
  EXPECT_EQ(curve.crossing_sizes, (std::vector<int>{4, 16}));
  for (GapSeed& seed : input.seeds) seed.at_size.clear();
  curve = FitGapCurve(input);
  EXPECT_TRUE(curve.points.empty());
  EXPECT_FALSE(curve.undefined.empty());
  input.seeds.clear();
  EXPECT_FALSE(FitGapCurve(input).undefined.empty());
}

TEST(GapCurve, CensoredEnds) {
  GapCurveInput input = Example();
  for (GapSeed& seed : input.seeds) seed.at_size = {Exactly(.12), Exactly(.14), Exactly(.2)};
  const GapCurve late = FitGapCurve(input);
  EXPECT_EQ(ToString(*late.n50), "> 64");
  for (GapSeed& seed : input.seeds) seed.at_size = {Exactly(.85), Exactly(.88), Exactly(.9)};
  const GapCurve early = FitGapCurve(input);
  EXPECT_EQ(ToString(*early.n50), "<= 4");
}

TEST(GapCurve, ARateStaysARateHoweverFarSeedsScatter) {
  GapCurveInput input{.sizes = {32}};
  for (const double share : {.4, .9, .95}) {
    input.seeds.push_back({std::to_string(input.seeds.size()), Exactly(.1), Exactly(.95), {Exactly(share)}});
  }
  const GapCurve curve = FitGapCurve(input);
  ASSERT_TRUE(curve.points[0].gap_closed);
  EXPECT_GT(curve.points[0].gap_closed->high, 1) << "a share of the gap may lie beyond";
  EXPECT_LE(curve.points[0].score.high, 1);
  EXPECT_GE(curve.points[0].score.low, 0);
}

TEST(GapCurve, SameSeedSameNumbers) {
  GapCurveInput input = Example();
  const GapCurve a = FitGapCurve(input), b = FitGapCurve(input);
  EXPECT_EQ(ToString(*a.n50), ToString(*b.n50));
  EXPECT_EQ(a.n50->high, b.n50->high);
}

TEST(GapCurve, FewSeedsWiden) {
  GapCurveInput input = Example();
  const GapCurve four = FitGapCurve(input);
  for (int k = 0; k < 4; ++k) input.seeds.push_back(input.seeds[static_cast<size_t>(k)]);
  for (size_t k = 4; k < 8; ++k) input.seeds[k].items = std::to_string(k);
  const GapCurve eight = FitGapCurve(input);
  EXPECT_LT(eight.n50->high.n, four.n50->high.n);
  EXPECT_GT(eight.n50->low.n, four.n50->low.n);
}

TEST(GapCurve, IsFastEnough) {
  RandomStream random(1, "speed");
  GapCurveInput input{.sizes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};
  for (int k = 0; k < 8; ++k) {
    GapSeed seed{"all", Exactly(.1, 1000), Exactly(.9, 1000), {}};
    for (int i = 0; i < 10; ++i) {
      seed.at_size.push_back(Exactly(.1 + .08 * i + .05 * random.Uniform(), 1000));
    }
    input.seeds.push_back(std::move(seed));
  }
  const std::clock_t start = std::clock();  // of the processor: others may be at work
  EXPECT_TRUE(FitGapCurve(input).n90);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 1.5);
}

TEST(Crossing, Prints) {
  EXPECT_EQ(ToString(Crossing{Crossing::Kind::kAt, 11.34}), "11.3");
  EXPECT_EQ(ToString(Crossing{Crossing::Kind::kAt, 1234.4}), "1234");
  EXPECT_EQ(ToString(Crossing{Crossing::Kind::kAtOrBelow, 4}), "<= 4");
  EXPECT_EQ(ToString(Crossing{Crossing::Kind::kAbove, 64}), "> 64");
}

}  // namespace
}  // namespace retort
