#include "core/stats/detection.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"

namespace retort {
namespace {

TEST(ClopperPearson, IsTheExactInterval) {
  // The ends solve P(X >= k) = .025 and P(X <= k) = .025; by hand where k is 0 or n: 1 - .025^(1/n).
  EXPECT_NEAR(ClopperPearson(0, 20).high, 1 - std::pow(0.025, 1.0 / 20), 1e-12);
  EXPECT_NEAR(ClopperPearson(20, 20).low, std::pow(0.025, 1.0 / 20), 1e-12);
  EXPECT_EQ(ClopperPearson(0, 20).low, 0);
  EXPECT_EQ(ClopperPearson(20, 20).high, 1);
  const Interval some = ClopperPearson(7, 20);
  EXPECT_NEAR(BinomialTail(7, 20, some.low), 0.025, 1e-9);
  EXPECT_NEAR(1 - BinomialTail(8, 20, some.high), 0.025, 1e-9);
  EXPECT_EQ(some.estimate, 0.35);
  EXPECT_EQ(ClopperPearson(0, 0).high, 1);
}

TEST(BinomialTail, IsTheSumOfItsTerms) {
  EXPECT_NEAR(BinomialTail(2, 3, 0.5), 0.5, 1e-12);
  EXPECT_EQ(BinomialTail(0, 3, 0.5), 1);
  EXPECT_EQ(BinomialTail(4, 3, 0.5), 0);
}

TEST(AreaUnderCurve, CountsPairsAndKeepsAnIntervalAtItsEnd) {
  const std::vector<double> found = {3, 2, 2}, others = {1, 2};
  EXPECT_NEAR(AreaUnderCurve(found, others).estimate, (2 + 1.5 + 1.5) / 6, 1e-12);
  const std::vector<double> high(10, 5), low(40, 1);
  const Interval apart = AreaUnderCurve(high, low);
  EXPECT_EQ(apart.estimate, 1);
  EXPECT_EQ(apart.high, 1);
  EXPECT_LT(apart.low, 1);
  EXPECT_GT(apart.low, 0.8);
  EXPECT_NEAR(AreaUnderCurve(low, high).high, 1 - apart.low, 1e-9) << "the two are mirrored";
}

TEST(AreaUnderCurve, HoldsTheTruthAboutAsOftenAsItSays) {
  int held = 0;
  constexpr int kStudies = 400;
  for (int study = 0; study < kStudies; ++study) {
    RandomStream random(static_cast<uint64_t>(study), "area");
    std::vector<double> found, others;
    for (int i = 0; i < 16; ++i) found.push_back(random.Normal() + 1.2);
    for (int i = 0; i < 60; ++i) others.push_back(random.Normal());
    const Interval area = AreaUnderCurve(found, others);
    const double truth = 0.5 * std::erfc(-1.2 / 2);  // of two normals, 1.2 apart
    held += area.low <= truth && truth <= area.high ? 1 : 0;
  }
  EXPECT_GT(held, kStudies * 0.92);  // .95 less three standard deviations
}

TEST(RankPValue, IsAPlaceAmongTheNulls) {
  const std::vector<double> nulls = {1, 2, 3, 3};
  EXPECT_EQ(RankPValue(nulls, 4), 0.2);
  EXPECT_EQ(RankPValue(nulls, 3), 0.6);
  EXPECT_EQ(RankPValue(nulls, 0), 1);
  EXPECT_EQ(RankPValue(nulls, 3, 0), 0);
  EXPECT_EQ(RankPValue({}, 3), 1);
}

TEST(FisherCombined, IsChiSquared) {
  const std::vector<double> one = {0.03}, two = {0.1, 0.1};
  EXPECT_NEAR(FisherCombined(one), 0.03, 1e-12);
  EXPECT_NEAR(FisherCombined(two), 0.01 * (1 - std::log(0.01)), 1e-12);  // q (1 - ln q) of a product q
  EXPECT_EQ(FisherCombined({}), 1);
}

TEST(KolmogorovSmirnovTest, SaysTheDistanceAndHowRareItIs) {
  EXPECT_NEAR(AgainstUniform({0.5}).distance, 0.5, 1e-12);
  std::vector<double> even, small;
  for (int i = 0; i < 100; ++i) {
    even.push_back((i + 0.5) / 100);
    small.push_back((i + 0.5) / 200);
  }
  EXPECT_NEAR(AgainstUniform(even).distance, 0.005, 1e-12);
  EXPECT_EQ(AgainstUniform(even).p_value, 1);
  EXPECT_LT(AgainstUniform(small).p_value, 1e-10);
  EXPECT_LT(AgainstEachOther(even, small).p_value, 1e-6);
  EXPECT_EQ(AgainstEachOther(even, even).distance, 0);
  // The limit's 95 % point, 1.358.
  std::vector<double> shifted;
  for (int i = 0; i < 10000; ++i) shifted.push_back((i + 0.5) / 10000 * (1 - 0.01353));
  EXPECT_NEAR(AgainstUniform(shifted).p_value, 0.05, 0.003);
}

TEST(KolmogorovSmirnovTest, FindsNothingWhereThereIsNothingAboutAsOftenAsItSays) {
  int rejected = 0;
  constexpr int kStudies = 1000;
  for (int study = 0; study < kStudies; ++study) {
    RandomStream random(static_cast<uint64_t>(study), "ks");
    std::vector<double> a, b;
    for (int i = 0; i < 50; ++i) a.push_back(random.Uniform());
    for (int i = 0; i < 80; ++i) b.push_back(random.Uniform());
    rejected += AgainstEachOther(a, b).p_value <= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(rejected, 50, 28);  // four standard deviations
}

}  // namespace
}  // namespace retort
