#include "core/stats/holm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"

namespace retort {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

// R 4.3: p.adjust(c(.01, .04, .03, .005), "holm").
TEST(Holm, MatchesPublishedValues) {
  EXPECT_THAT(Holm(std::vector{.01, .04, .03, .005}),
              ElementsAre(DoubleEq(.03), DoubleEq(.06), DoubleEq(.06), DoubleEq(.02)));
  EXPECT_THAT(Holm(std::vector{.6, .7}), ElementsAre(1.0, 1.0));
  EXPECT_THAT(Holm(std::vector{.02}), ElementsAre(.02));
  EXPECT_TRUE(Holm({}).empty());
}

TEST(Holm, LiesBetweenThePlainAndBonferronis) {
  RandomStream random(1, "holm");
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<double> p(1 + random.Below(8));
    for (double& value : p) value = random.Uniform();
    const std::vector<double> adjusted = Holm(p);
    for (size_t i = 0; i < p.size(); ++i) {
      EXPECT_GE(adjusted[i], p[i]);
      EXPECT_LE(adjusted[i], std::min(1.0, p[i] * static_cast<double>(p.size())) + 1e-15);
      for (size_t j = 0; j < p.size(); ++j) {
        if (p[i] < p[j]) {
          EXPECT_LE(adjusted[i], adjusted[j]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace retort
