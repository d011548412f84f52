// Accounts are the same alone and in a stream, groups tile the haystack, and the sums are those of the register.
#include "teacher/provider/population.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

Population Small(int64_t accounts, uint64_t seed = 5) {
  const NeedleAssumptions a = Register();
  return {MakeHaystack("chat", "gamma", a, accounts), a, seed};
}

TEST(Population, GroupsTileTheHaystack) {
  const Population population = Small(200'000);
  EXPECT_EQ(population.blocks(), 4U);
  uint64_t next = 0;
  std::map<Link, int64_t> accounts;
  for (uint64_t block = 0; block < population.blocks(); ++block) {
    population.ForEachGroup(block, [&](const Group& group) {
      EXPECT_EQ(group.first, next);
      EXPECT_GT(group.size, 0U);
      EXPECT_EQ(group.first / Population::kBlock, (group.first + group.size - 1) / Population::kBlock);
      EXPECT_EQ(group.size > 1, group.link != Link::kNone);
      accounts[group.link] += group.size;
      next += group.size;
    });
  }
  EXPECT_EQ(next, 200'000U);
  for (const Link link : {Link::kNone, Link::kAddress, Link::kPayment, Link::kTemplate})
    EXPECT_GT(accounts[link], 1000);
}

TEST(Population, AnAccountAloneIsThatOfTheStream) {
  const Population population = Small(70'000), again = Small(70'000);
  population.ForEachGroup(1, [&](const Group& group) {
    for (uint64_t account = group.first; account < group.first + group.size; account += 97) {
      const Group alone = again.GroupOf(account);
      ASSERT_EQ(alone.first, group.first);
      ASSERT_EQ(alone.size, group.size);
      Traffic a = population.Open(account, group), b = again.Open(account, alone);
      ASSERT_EQ(a.daily, b.daily);
      ASSERT_EQ(std::accumulate(a.daily.begin(), a.daily.end(), int64_t{0}), population.Total(account, group));
      std::array<Features, 5> from_a, from_b;
      a.Draw(population.world(), from_a);
      b.Draw(again.world(), from_b);
      ASSERT_EQ(from_a, from_b);
    }
  });
}

TEST(Population, TheMeanIsThatOfTheRegister) {
  const Population population = Small(300'000);
  double sum = 0, evaluators = 0, accounts = 0;
  for (uint64_t block = 0; block < population.blocks(); ++block) {
    population.ForEachGroup(block, [&](const Group& group) {
      for (uint64_t account = group.first; account < group.first + group.size; ++account) {
        if (group.evaluator) {
          ++evaluators;
        } else {
          sum += static_cast<double>(population.Total(account, group));
          ++accounts;
        }
      }
    });
  }
  // A count's deviation is about 156: four standard errors of 300 000 are 1.1.
  EXPECT_NEAR(sum / accounts, 110, 1.2);
  EXPECT_GT(evaluators, 0);
}

TEST(Population, DaysHoldEveryRequest) {
  CounterRandom random(1);
  for (const int64_t total : {int64_t{0}, int64_t{1}, int64_t{31}, int64_t{480}, int64_t{481}, int64_t{13'000'000}}) {
    for (int i = 0; i < 50; ++i) {
      const std::vector<int64_t> daily = SpreadOverDays(total, 30, 0.5, random);
      EXPECT_EQ(daily.size(), 30U);
      EXPECT_EQ(std::accumulate(daily.begin(), daily.end(), int64_t{0}), total);
      EXPECT_GE(*std::min_element(daily.begin(), daily.end()), 0);
    }
  }
}

}  // namespace
}  // namespace retort
