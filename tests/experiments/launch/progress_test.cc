#include "experiments/launch/progress.h"

#include <gtest/gtest.h>

namespace retort::lab {
namespace {

TEST(DurationTest, ReadsAsPeopleSayIt) {
  EXPECT_EQ(Duration(44.6), "45 s");
  EXPECT_EQ(Duration(80), "1 min 20 s");
  EXPECT_EQ(Duration(7500), "2 h 5 min");
  EXPECT_EQ(Duration(-1), "0 s");
}

}  // namespace
}  // namespace retort::lab
