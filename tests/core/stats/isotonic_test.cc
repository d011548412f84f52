#include "core/stats/isotonic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/random.h"

namespace retort {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(IsotonicFit, PoolsViolators) {
  EXPECT_THAT(IsotonicFit(std::vector{1.0, 3.0, 2.0, 4.0}, std::vector{1.0, 1.0, 1.0, 1.0}),
              ElementsAre(1, 2.5, 2.5, 4));
  EXPECT_THAT(IsotonicFit(std::vector{1.0, 3.0, 2.0}, std::vector{1.0, 3.0, 1.0}), ElementsAre(1, 2.75, 2.75));
  EXPECT_THAT(IsotonicFit(std::vector{3.0, 2.0, 1.0}, std::vector{1.0, 1.0, 1.0}), ElementsAre(2, 2, 2));
  EXPECT_TRUE(IsotonicFit({}, {}).empty());
}

// Barlow's max-min formula is another way to the same fit.
TEST(IsotonicFit, EqualsMaxMinFormula) {
  RandomStream random(3, "isotonic");
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> y, w;
    for (uint64_t i = 0, n = 1 + random.Below(9); i < n; ++i) {
      y.push_back(random.Normal());
      w.push_back(0.1 + random.Uniform());
    }
    const std::vector<double> fit = IsotonicFit(y, w);
    for (size_t i = 0; i < y.size(); ++i) {
      double best = -std::numeric_limits<double>::infinity();
      for (size_t a = 0; a <= i; ++a) {
        double least = std::numeric_limits<double>::infinity();
        for (size_t b = i; b < y.size(); ++b) {
          double sum = 0, weight = 0;
          for (size_t j = a; j <= b; ++j) {
            sum += w[j] * y[j];
            weight += w[j];
          }
          least = std::min(least, sum / weight);
        }
        best = std::max(best, least);
      }
      EXPECT_NEAR(fit[i], best, 1e-12);
    }
  }
}

TEST(Log2Crossing, InterpolatesAndCensors) {
  const std::vector<int> sizes = {4, 16, 64};
  const std::vector<double> fit = {0.2, 0.6, 0.8};
  EXPECT_THAT(Log2Crossing(sizes, fit, 0.5), DoubleNear(2 + 2 * 0.75, 1e-12));
  EXPECT_EQ(Log2Crossing(sizes, fit, 0.9), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Log2Crossing(sizes, fit, 0.2), -std::numeric_limits<double>::infinity());
  EXPECT_DOUBLE_EQ(Log2Crossing(sizes, fit, 0.6), 4);
  EXPECT_EQ(Log2Crossing(std::vector{4, 8, 16}, std::vector{0.0, 0.5, 0.5}, 0.5), 3);  // the first that reaches it
}

}  // namespace
}  // namespace retort
