#include "core/stats/power.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace retort {
namespace {

// By the noncentral t (SciPy 1.16: nct), two-sided, alpha .05, power .80: 1.1560 for 8 pairs, 0.4085 for 49. What is
// given by central t quantiles is within 1 % of it.
TEST(SmallestEffect, IsNearTheNoncentralOne) {
  EXPECT_NEAR(SmallestEffect(8, 1), 1.1560, 0.01);
  EXPECT_NEAR(SmallestEffect(49, 1), 0.4085, 0.004);
  EXPECT_NEAR(SmallestEffect(8, 0.1), 0.1 * SmallestEffect(8, 1), 1e-12);
}

TEST(SmallestEffect, OneSeedShowsNothing) { EXPECT_TRUE(std::isinf(SmallestEffect(1, 0.1))); }

TEST(SmallestEffect, MoreSeedsAndLessPowerFindMore) {
  EXPECT_LT(SmallestEffect(8, 1), SmallestEffect(6, 1));
  EXPECT_LT(SmallestEffect(8, 1, 0.05, 0.5), SmallestEffect(8, 1));
}

}  // namespace
}  // namespace retort
