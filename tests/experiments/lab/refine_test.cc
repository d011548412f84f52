#include "experiments/lab/refine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace retort::lab {
namespace {

using ::testing::ElementsAre;
using Kind = Crossing::Kind;

CrossingInterval Around(double low, double estimate, double high) {
  return {{Kind::kAt, estimate}, {Kind::kAt, low}, {Kind::kAt, high}};
}

class WhatToAddTest : public ::testing::Test {
 protected:
  std::optional<Growth> Add(const std::optional<CrossingInterval>& n50, const std::optional<CrossingInterval>& n90,
                            const std::vector<int>& sizes = {4, 16, 64}, int seeds = 4) {
    settled_ = true;
    return WhatToAdd({.arm = "teacher", .n50 = n50, .n90 = n90}, sizes, seeds, config_, settled_);
  }
  RefineConfig config_{.max_cells = 100, .width = 2, .max_seeds = 8, .max_n = 128};
  bool settled_ = true;
};

TEST_F(WhatToAddTest, NothingWhereBothAreNarrow) {
  EXPECT_FALSE(Add(Around(5, 7, 10), Around(20, 30, 40), {4, 8, 16, 32}));
  EXPECT_TRUE(settled_);
}

TEST_F(WhatToAddTest, NothingWhereThereIsNoCurve) {
  EXPECT_FALSE(Add(std::nullopt, std::nullopt));
  EXPECT_TRUE(settled_);
}

TEST_F(WhatToAddTest, TheMiddleOfTheSizesAroundEach) {
  const auto growth = Add(Around(4.5, 7, 12), Around(17, 30, 60));
  ASSERT_TRUE(growth);
  EXPECT_THAT(growth->n, ElementsAre(8, 32));
  EXPECT_EQ(growth->seeds, 4);
}

TEST_F(WhatToAddTest, ANarrowIntervalBetweenDistantSizesIsNotBelieved) {
  EXPECT_THAT(Add(Around(7, 7, 7), Around(30, 30, 30), {4, 8, 16, 64})->n, ElementsAre(32));
}

TEST_F(WhatToAddTest, SeedsWhereTheSizesAreCloseEnough) {
  const auto growth = Add(Around(5, 7, 10), Around(17, 30, 60), {4, 8, 16, 32, 64});
  ASSERT_TRUE(growth);
  EXPECT_THAT(growth->n, ElementsAre());
  EXPECT_EQ(growth->seeds, 6);
  EXPECT_EQ(Add(Around(5, 7, 10), Around(17, 30, 60), {4, 8, 16, 32, 64}, 7)->seeds, 8);
}

TEST_F(WhatToAddTest, SizesBeyondTheGridWhereACrossingIs) {
  const CrossingInterval above{{Kind::kAbove, 64}, {Kind::kAt, 50}, {Kind::kAbove, 64}};
  EXPECT_THAT(Add(Around(5, 7, 10), above, {4, 8, 64})->n, ElementsAre(128));
  const CrossingInterval below{{Kind::kAtOrBelow, 4}, {Kind::kAtOrBelow, 4}, {Kind::kAt, 5}};
  EXPECT_THAT(Add(below, Around(20, 30, 40), {4, 20, 40})->n, ElementsAre(2));
}

TEST_F(WhatToAddTest, ACensoredEndIsSoughtFirst) {
  const CrossingInterval open{{Kind::kAt, 60}, {Kind::kAt, 40}, {Kind::kAbove, 64}};
  EXPECT_THAT(Add(Around(5, 7, 10), open, {4, 8, 16, 50, 64})->n, ElementsAre(128));
}

TEST_F(WhatToAddTest, SaysWhereItGivesUp) {
  const CrossingInterval above{{Kind::kAbove, 128}, {Kind::kAbove, 128}, {Kind::kAbove, 128}};
  EXPECT_FALSE(Add(Around(5, 7, 10), above, {4, 8, 64, 128}));  // no seed would tell more
  EXPECT_FALSE(settled_);
  EXPECT_FALSE(Add(Around(5, 7, 10), Around(17, 30, 60), {4, 8, 16, 32, 64}, 8));
  EXPECT_FALSE(settled_);
  const CrossingInterval one{{Kind::kAtOrBelow, 1}, {Kind::kAtOrBelow, 1}, {Kind::kAtOrBelow, 1}};
  EXPECT_FALSE(Add(one, Around(20, 30, 40), {1, 20, 40}));
  EXPECT_TRUE(settled_);
}

}  // namespace
}  // namespace retort::lab
