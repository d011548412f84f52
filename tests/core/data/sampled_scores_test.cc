// Scores of several answers an item: the estimator against enumeration, majorities with ties, spreads.
#include "core/data/sampled_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace retort {
namespace {

using Votes = std::vector<std::optional<std::string>>;

TEST(PassAtK, IsTheShareOfSubsetsWithARightAnswer) {
  for (int n = 1; n <= 10; ++n) {
    for (int right = 0; right <= n; ++right) {
      for (int k = 1; k <= n; ++k) {
        int subsets = 0, with_right = 0;
        for (int set = 0; set < 1 << n; ++set) {
          if (__builtin_popcount(static_cast<unsigned>(set)) != k) continue;
          ++subsets;
          with_right += (set & ((1 << right) - 1)) != 0 ? 1 : 0;
        }
        EXPECT_NEAR(PassAtK(n, right, k), static_cast<double>(with_right) / subsets, 1e-12)
            << n << " " << right << " " << k;
      }
    }
  }
}

TEST(PassAtK, OfManyDrawsNeitherOverflowsNorLeavesTheUnitInterval) {
  EXPECT_NEAR(PassAtK(10000, 1, 5000), 0.5, 1e-9);
  EXPECT_EQ(PassAtK(10000, 0, 10000), 0);
  EXPECT_EQ(PassAtK(10000, 1, 10000), 1);
}

TEST(MajorityAnswer, TheMostFrequentVoteThenTheFirst) {
  EXPECT_EQ(MajorityAnswer(Votes{"a", "b", "b"}), 1u);
  EXPECT_EQ(MajorityAnswer(Votes{"b", "a", "a", "b"}), 0u);
  EXPECT_EQ(MajorityAnswer(Votes{"z", "a"}), 0u) << "by place, not by spelling";
  EXPECT_EQ(MajorityAnswer(Votes{std::nullopt, std::nullopt, "a"}), 2u) << "no vote is no candidate";
  EXPECT_EQ(MajorityAnswer(Votes{std::nullopt}), std::nullopt);
  EXPECT_EQ(MajorityAnswer(Votes{}), std::nullopt);
}

SampledAnswers Item(std::vector<double> scores, bool majority_right) {
  return {.answers = std::vector<std::string>(scores.size()),
          .scores = std::move(scores),
          .majority_right = majority_right};
}

TEST(AverageSampled, MeansAndSpreads) {
  const std::vector<SampledAnswers> items = {Item({1, 1, 0, 1}, true), Item({0, 0, 0, 1}, false),
                                             Item({0, 0, 0, 0}, false)};
  const std::vector<const SampledAnswers*> pointers = {&items[0], &items[1], &items[2]};
  const auto means = AverageSampled(pointers);
  ASSERT_TRUE(means);
  EXPECT_EQ(means->k, 4);
  EXPECT_NEAR(means->avg.mean, (0.75 + 0.25) / 3, 1e-12);
  EXPECT_NEAR(means->pass.mean, 2.0 / 3, 1e-12);
  EXPECT_NEAR(means->maj.mean, 1.0 / 3, 1e-12);
  // Of 0.75, 0.25, 0: deviation 0.3819 over the square root of 3.
  EXPECT_NEAR(means->avg.stderr_items,
              std::sqrt(((0.75 - 1. / 3) * (0.75 - 1. / 3) + (0.25 - 1. / 3) * (0.25 - 1. / 3) + 1. / 9) / 2 / 3),
              1e-12);
  // Draws score 1/3, 1/3, 0, 2/3.
  EXPECT_NEAR(means->avg_sd_draws, std::sqrt((0 + 0 + 1. / 9 + 1. / 9) / 3), 1e-12);
  EXPECT_EQ(means->pass_at.size(), 3u);  // 1, 2, 4
  EXPECT_NEAR(means->pass_at[0].second, means->avg.mean, 1e-12) << "pass@1 is avg@k where scores are 0 or 1";
  EXPECT_EQ(means->pass_at[2].second, means->pass.mean);
  const auto columns = means->Columns();
  EXPECT_EQ(columns.at("samples"), 4);
  EXPECT_EQ(columns.at("maj_at_k"), means->maj.mean);
  EXPECT_EQ(columns.at("pass_at_2"), means->pass_at[1].second);
}

TEST(AverageSampled, PowersOfTwoAndKItself) {
  const SampledAnswers item = Item({1, 0, 0, 0, 0, 0}, false);
  const std::vector<const SampledAnswers*> pointers = {&item};
  const auto means = AverageSampled(pointers);
  std::vector<int> sizes;
  for (const auto& [k, value] : means->pass_at) sizes.push_back(k);
  EXPECT_THAT(sizes, testing::ElementsAre(1, 2, 4, 6));
  EXPECT_EQ(means->avg.stderr_items, 0) << "one item has no spread";
  EXPECT_EQ(AverageSampled({}), std::nullopt);
}

}  // namespace
}  // namespace retort
