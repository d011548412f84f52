#include "teacher/provider/tail_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/random.h"

namespace retort {
namespace {

std::vector<TailModel::Weighted> Exponential(size_t n, uint64_t seed = 2) {
  RandomStream random(seed, "scores");
  std::vector<TailModel::Weighted> scores(n);
  for (auto& score : scores) score.score = -std::log(1 - random.Uniform());
  return scores;
}

// Rarity of an exponential score is the score; in the sample to √(1/rank), beyond it to the tail's 7 % (1/√200).
TEST(TailModel, KnowsAnExponentialTail) {
  const TailModel model(Exponential(100'000), 100'000);
  for (const double x : {0.1, 1.0, 3.0, 5.0, 6.0}) EXPECT_NEAR(model.Rarity(x), x, 0.1) << x;
  for (const double x : {8.0, 11.0, 14.0, 18.0}) EXPECT_NEAR(model.Rarity(x), x, 0.2 + 0.2 * (x - 6)) << x;
  for (const double rarity : {0.5, 2.0, 6.0, 9.0, 15.0}) EXPECT_NEAR(model.Rarity(model.ScoreAt(rarity)), rarity, 1e-9);
}

// A thousand people with a hundred accounts each, all of which score as their owner: the strangest person is no tail.
TEST(TailModel, ATailOfFewWritersBeginsWhereTheyAreMany) {
  double of_naive = 0, of_knowing = 0;
  constexpr int kTimes = 20;
  for (uint64_t seed = 0; seed < kTimes; ++seed) {
    std::vector<TailModel::Weighted> accounts;
    for (const TailModel::Weighted& person : Exponential(1000, seed)) accounts.insert(accounts.end(), 100, person);
    of_naive += std::abs(TailModel(accounts, 100'000).ScoreAt(11) - 11) / kTimes;
    of_knowing += std::abs(TailModel(accounts, 100'000, 0, 1000).ScoreAt(11) - 11) / kTimes;
  }
  // The tail is known to 1/√20 of the seven that lie between its start and here: 1.6, on average 0.8 of that.
  EXPECT_LT(of_knowing, 1.6);
  EXPECT_GT(of_naive, 1.5 * of_knowing);
  const TailModel all(Exponential(5000), 5000), as_many(Exponential(5000), 5000, 0, 5000);
  for (const double x : {0.5, 3.0, 9.0}) EXPECT_EQ(all.Rarity(x), as_many.Rarity(x)) << "each for himself";
}

TEST(TailModel, NeverFalls) {
  const TailModel model(Exponential(3000), 10'000);
  double before = 0;
  for (double x = -1; x < 20; x += 0.01) {
    EXPECT_GE(model.Rarity(x), before);
    before = model.Rarity(x);
  }
  EXPECT_NEAR(model.Rarity(0.01), std::log(10.0 / 3), 0.05) << "seven tenths have no score at all";
}

TEST(TailModel, FewAndEqualScores) {
  const TailModel none({}, 100);
  EXPECT_EQ(none.Rarity(5), 0);
  EXPECT_EQ(none.ScoreAt(3), std::numeric_limits<double>::infinity());
  const TailModel one({{2.0, 1}}, 100);
  EXPECT_NEAR(one.Rarity(2), std::log(100), 1e-12);
  EXPECT_EQ(one.Rarity(1), 0);
  const TailModel same(std::vector<TailModel::Weighted>(500, {7.0, 1}), 1000);
  EXPECT_NEAR(same.Rarity(7), std::log(2), 1e-12);
  EXPECT_GT(same.ScoreAt(5), 7);
}

}  // namespace
}  // namespace retort
