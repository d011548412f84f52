#include "teacher/server_limits.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

TEST(ServerLimits, RetryAfterInItsForms) {
  EXPECT_EQ(RetryAfter({}), 0);
  EXPECT_EQ(RetryAfter({{"retry-after", "7"}}), 7);
  EXPECT_EQ(RetryAfter({{"retry-after", "7"}, {"retry-after-ms", "250"}}), 0.25);
  EXPECT_EQ(RetryAfter({{"retry-after", "Fri, 01 Jan 2010 00:00:00 GMT"}}), 0) << "it is past";
  EXPECT_GT(RetryAfter({{"retry-after", "Fri, 01 Jan 2100 00:00:00 GMT"}}), 1e9);
  for (const char* none : {"", "soon", "-5", "nan", "inf", "7 apples"}) {
    EXPECT_EQ(RetryAfter({{"retry-after", none}}), 0) << none;
  }
}

TEST(ServerLimits, WaitsOnlyWhereNothingIsLeft) {
  const auto wait = [](const std::string& left, const std::string& reset) {
    return UntilMoreIsAllowed({{"x-ratelimit-remaining-tokens", left}, {"x-ratelimit-reset-tokens", reset}});
  };
  EXPECT_EQ(wait("0", "6m0s"), 360);
  EXPECT_EQ(wait("0", "1h2m3.5s"), 3723.5);
  EXPECT_EQ(wait("0", "20ms"), 0.02);
  EXPECT_EQ(wait("0", "12"), 12);
  EXPECT_EQ(wait("1", "6m0s"), 0);
  EXPECT_EQ(wait("149984", "6ms"), 0);
  for (const char* none : {"", "x", "-3s", "3y", "m", "1s2"})
    EXPECT_EQ(wait("0", none), none == std::string("1s2") ? 3 : 0);
  EXPECT_EQ(wait("none", "6m0s"), 0);
  EXPECT_EQ(UntilMoreIsAllowed({{"x-ratelimit-remaining-requests", "0"},
                                {"x-ratelimit-reset-requests", "1s"},
                                {"x-ratelimit-remaining-tokens", "0"},
                                {"x-ratelimit-reset-tokens", "2s"}}),
            2);
}

}  // namespace
}  // namespace retort
