#include "core/stats/interval.h"

#include <gtest/gtest.h>

#include <cmath>

namespace retort {
namespace {

TEST(Quantiles, MatchTables) {
  EXPECT_NEAR(NormalQuantile(0.975), 1.959964, 1e-6);
  EXPECT_NEAR(StudentQuantile(0.975, 3), 3.182446, 1e-6);
  EXPECT_NEAR(StudentQuantile(0.025, 7), -2.364624, 1e-6);
  EXPECT_TRUE(std::isinf(StudentQuantile(0.975, 0)));
}

TEST(Wilson, MatchesPublishedValues) {
  // Newcombe (1998), Statistics in Medicine 17: 81/263 and 0/20.
  const Interval a = Wilson(81, 263);
  EXPECT_NEAR(a.low, 0.2553, 5e-5);
  EXPECT_NEAR(a.high, 0.3662, 5e-5);
  const Interval b = Wilson(0, 20);
  EXPECT_EQ(b.low, 0);
  EXPECT_NEAR(b.high, 0.1611, 5e-5);
  const Interval c = Wilson(20, 20);
  EXPECT_EQ(c.high, 1);
  EXPECT_NEAR(c.low, 1 - 0.1611, 5e-5);
}

TEST(StretchEnd, SolvesItsEquation) {
  for (double exponent : {0.4, 1.0, 1.5}) {
    for (double share : {0.05, 0.3, 0.5, 0.8, 0.97}) {
      for (double half : {0.02, 0.1, 0.3}) {
        for (double end : {share - half, share + half}) {
          const double p = StretchEnd(share, end, half, exponent);
          EXPECT_GE(std::abs(p - share), half - 1e-12);
          if (p == end) continue;
          const double held = std::min(std::max(share, half), 1 - half);
          const double ratio = p * (1 - p) / (held * (1 - held));
          EXPECT_NEAR((share - p) * (share - p), half * half * std::pow(ratio, exponent), 1e-10);
        }
      }
    }
  }
}

// Exponent 1 with the half-width of Wald's interval is Wilson's own.
TEST(StretchEnd, IsWilsonsMethod) {
  const double half = NormalQuantile(0.975) * std::sqrt(0.3 * 0.7 / 50);
  const Interval wilson = Wilson(15, 50);
  EXPECT_NEAR(StretchEnd(0.3, 0.3 + half, half, 1), wilson.high, 1e-9);
}

TEST(StretchEnd, DrawsTheInnerEndOut) {
  EXPECT_LT(StretchEnd(0.9, 0.8, 0.1, 1), 0.79);
  EXPECT_LT(StretchEnd(0.9, 0.8, 0.1, 1.5), StretchEnd(0.9, 0.8, 0.1, 1));
  EXPECT_EQ(StretchEnd(0.9, 0.8, 0.1, 0), 0.8);
  EXPECT_EQ(StretchEnd(0.9, 1.0, 0.1, 1), 1.0);
  EXPECT_GT(StretchEnd(0.1, 0.2, 0.1, 1), 0.21);
  EXPECT_EQ(StretchEnd(0.1, 0.0, 0.1, 1), 0.0);
}

TEST(StretchEnd, LeavesAloneWhatIsNoShare) {
  EXPECT_EQ(StretchEnd(1.4, 1.3, 0.1, 1), 1.3);
  EXPECT_EQ(StretchEnd(-0.4, -0.3, 0.1, 1), -0.3);
  EXPECT_EQ(StretchEnd(0.5, 0.5, 0, 1), 0.5);
  EXPECT_EQ(StretchEnd(0.5, -0.4, 0.9, 1), -0.4);
}

}  // namespace
}  // namespace retort
