// Scores of given texts: whole answers, beginnings of some, and token by token.
#include "core/lm/local_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace retort {
namespace {

std::vector<LikelihoodScorer::Pair> Texts() {
  return {{{{"", "max 4729?"}}, "477 727 799 A9"}, {{{"", "sub 12!"}}, "A9"}};
}

TEST(LocalModelScores, AreSumsOverTheTokensOfTheAnswer) {
  LocalModel model(RETORT_SOURCE_DIR "/configs/models/folds-base-0");
  const auto pairs = Texts();
  const std::vector<Likelihood> whole = model.Score(pairs), begun = model.ScoreBeginnings(pairs);
  const std::vector<LocalModel::ScoredTokens> each = model.ScoreEach(pairs);
  for (size_t i = 0; i < pairs.size(); ++i) {
    ASSERT_EQ(each[i].ids.size(), each[i].logprobs.size());
    EXPECT_EQ(each[i].ids.size(), pairs[i].completion.size() + 1) << "a character each, and the end";
    EXPECT_NEAR(std::accumulate(each[i].logprobs.begin(), each[i].logprobs.end(), 0.0), whole[i].nats, 1e-9);
    EXPECT_NEAR(begun[i].nats + each[i].logprobs.back(), whole[i].nats, 1e-9);
    EXPECT_EQ(begun[i].tokens + 1, whole[i].tokens);
    EXPECT_EQ(each[i].before.size(), whole[i].tokens > 0 ? Text(pairs[i].prompt).size() + 1 : 0) << "BOS first";
  }
}

TEST(LocalModelScores, OfAllNextTokensSumToOne) {
  LocalModel model(RETORT_SOURCE_DIR "/configs/models/folds-base-0");
  std::vector<LikelihoodScorer::Pair> pairs;
  for (char digit = '0'; digit <= '9'; ++digit) pairs.push_back({{{"", "max 4729?"}}, std::string("47") + digit});
  const LikelihoodScorer::Pair prefix{{{"", "max 4729?"}}, "47"};
  const double before = model.ScoreBeginnings(std::span(&prefix, 1)).front().nats;
  double sum = 0;
  for (const Likelihood& likelihood : model.ScoreBeginnings(pairs)) sum += std::exp(likelihood.nats - before);
  EXPECT_LE(sum, 1 + 1e-5);
  EXPECT_GT(sum, 0.99) << "a digit comes next";
}

}  // namespace
}  // namespace retort
