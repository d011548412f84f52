// Golden values (from an independent mt19937_64 in Python) and uniformity.
#include "core/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

namespace retort {
namespace {

TEST(RandomStream, GoldenValues) {
  RandomStream raw(0, "golden");
  EXPECT_EQ(raw.Next(), 5511114049508355092u);
  EXPECT_EQ(raw.Next(), 2916968458696777243u);
  EXPECT_EQ(raw.Next(), 5141912955007434639u);
  RandomStream below(7, "below");
  for (const uint64_t expected : {4, 7, 0, 1, 0, 9, 0, 4, 4, 5}) EXPECT_EQ(below.Below(10), expected);
  RandomStream uniform(1, "uniform");
  EXPECT_EQ(uniform.Uniform(), 0.15513828081846948);
  EXPECT_EQ(uniform.Uniform(), 0.6925012018235294);
  RandomStream shuffle(7, "shuffle");
  std::vector<int> items(8);
  std::iota(items.begin(), items.end(), 0);
  shuffle.Shuffle(items);
  EXPECT_EQ(items, (std::vector<int>{7, 5, 1, 0, 3, 2, 4, 6}));
}

TEST(RandomStream, NameAndSeedBothCount) {
  EXPECT_NE(RandomStream(0, "a").Next(), RandomStream(0, "b").Next());
  EXPECT_NE(RandomStream(0, "a").Next(), RandomStream(1, "a").Next());
  EXPECT_EQ(RandomStream(3, "a").Next(), RandomStream(3, "a").Next());
}

// Chi-squared of 9 degrees of freedom: 27.9 is passed once in a thousand.
TEST(RandomStream, BelowIsUniform) {
  RandomStream random(0, "uniformity");
  std::array<int, 10> counts{};
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) ++counts[random.Below(10)];
  double chi2 = 0;
  for (const int count : counts) chi2 += std::pow(count - kDraws / 10.0, 2) / (kDraws / 10.0);
  EXPECT_LT(chi2, 27.9);
}

// With n = 3 * 2^62 a plain remainder would give the lowest quarter of the range twice the weight.
TEST(RandomStream, BelowIsUnbiasedForLargeBounds) {
  RandomStream random(0, "large");
  constexpr uint64_t kBound = uint64_t{3} << 62;
  int low = 0;
  for (int i = 0; i < 30000; ++i) {
    const uint64_t value = random.Below(kBound);
    ASSERT_LT(value, kBound);
    low += value < kBound / 3;
  }
  EXPECT_NEAR(low, 10000, 350);  // 4 standard deviations; the bias would give 15000
}

TEST(RandomStream, BelowOneAndTheLargestBound) {
  RandomStream random(0, "edges");
  EXPECT_EQ(random.Below(1), 0u);
  EXPECT_LT(random.Below(~uint64_t{0}), ~uint64_t{0});
}

TEST(RandomStream, MomentsOfUniformAndNormal) {
  RandomStream random(0, "moments");
  constexpr int kDraws = 100000;
  double uniform = 0, normal = 0, square = 0, fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.Uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    uniform += u;
    const double z = random.Normal();
    normal += z;
    square += z * z;
    fourth += z * z * z * z;
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.004);
  EXPECT_NEAR(normal / kDraws, 0, 0.013);
  EXPECT_NEAR(square / kDraws, 1, 0.02);
  EXPECT_NEAR(fourth / kDraws, 3, 0.15);
}

TEST(RandomStream, ShuffleGivesEveryOrderAlike) {
  RandomStream random(0, "orders");
  std::map<std::vector<int>, int> counts;
  for (int i = 0; i < 6000; ++i) {
    std::vector<int> items = {0, 1, 2};
    random.Shuffle(items);
    ++counts[items];
  }
  ASSERT_EQ(counts.size(), 6u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 120);
  std::vector<int> none;
  random.Shuffle(none);
}

}  // namespace
}  // namespace retort
