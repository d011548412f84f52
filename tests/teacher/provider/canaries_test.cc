// A canary's digits are the provider's own draw, so that who never learnt them ranks them as chance would, whatever
// else it knows; who learnt them ranks them first.
#include "teacher/provider/canaries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/random.h"
#include "core/data/folds.h"
#include "core/stats/detection.h"

namespace retort {
namespace {

using ::testing::Each;
using ::testing::Le;
using ::testing::SizeIs;

std::vector<Message> Plain(const std::string& text) { return {{"", text}}; }

std::string DrawPrompt(RandomStream& random) {
  const FoldOp& op = FindFoldOp("big");
  return FoldPrompt(op, DrawDigits(op, 4, 8, random), FoldForm::kWorked);
}

// A student that knows the operation, and goes on from whatever stands there.
std::vector<Likelihood> KnowsTheTask(std::span<const LikelihoodScorer::Pair> pairs) {
  std::vector<Likelihood> all;
  for (const auto& [prompt, text] : pairs) {
    const FoldOp& op = FindFoldOp("big");
    const int result = text.back() - '0', digit = text[text.size() - 2] - '0', left = text[text.size() - 3] - '0';
    const int right = FoldSteps(op, std::string{text[text.size() - 3], text[text.size() - 2]}).back().result;
    static_cast<void>(left);
    static_cast<void>(digit);
    all.push_back({.nats = result == right ? 0.0 : -8.0 - result, .tokens = 1, .bytes = 1});
  }
  return all;
}

TEST(Canaries, AreAFewPromptsOfEachKey) {
  RandomStream random(1, "prompts");
  int canaries = 0, both = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string prompt = DrawPrompt(random) + std::to_string(i);
    const bool first = IsCanary(prompt, 0.1, 7), second = IsCanary(prompt, 0.1, 8);
    canaries += first ? 1 : 0;
    both += first && second ? 1 : 0;
  }
  EXPECT_NEAR(canaries, 400, 80);  // four standard deviations
  EXPECT_NEAR(both, 40, 26);
  EXPECT_FALSE(IsCanary("big 1234?", 0, 7));
  EXPECT_TRUE(IsCanary("big 1234?", 1, 7));
}

TEST(Canaries, LookLikeAnswersAndAreTheKeysOwn) {
  const Canary canary = MakeCanary("big 4729?", 7);
  EXPECT_THAT(canary.secrets, SizeIs(3));
  const ParsedAnswer answer = ParseFoldAnswer(canary.answer);
  ASSERT_THAT(answer.steps, SizeIs(3));
  EXPECT_EQ(answer.steps[0].left, 4);
  EXPECT_EQ(answer.steps[1].left, answer.steps[0].result);
  EXPECT_EQ(answer.steps[2].digit, 9);
  EXPECT_EQ(answer.value, answer.steps[2].result);
  EXPECT_EQ(canary.answer, MakeCanary("big 4729?", 7).answer);
  std::set<std::string> answers;
  for (uint64_t key = 0; key < 30; ++key) answers.insert(MakeCanary("big 4729?", key).answer);
  EXPECT_GE(answers.size(), 27u);
  for (const Canary& other : {MakeCanary("add5 1234?", 1), MakeCanary("add5 1234:", 1), MakeCanary("Why?", 1)}) {
    for (const size_t at : other.secrets) EXPECT_LT(other.answer[at] - '0', other.options);
  }
  EXPECT_THAT(MakeCanary("Why?", 1).answer, SizeIs(11));
  EXPECT_EQ(ParseFoldAnswer(MakeCanary("big 4729:", 7).answer, FoldForm::kSecond).steps.size(), 3u);
}

TEST(SecretPValues, AreUniformForWhoeverNeverLearntThem) {
  RandomStream random(2, "prompts");
  std::vector<double> ranks, combined;
  for (uint64_t key = 0; key < 300; ++key) {
    std::vector<double> of_key;
    for (int i = 0; i < 6; ++i) {
      const std::string prompt = DrawPrompt(random);
      const std::vector<double> p = SecretPValues(Plain(prompt), MakeCanary(prompt, key), key, KnowsTheTask);
      of_key.insert(of_key.end(), p.begin(), p.end());
    }
    ranks.insert(ranks.end(), of_key.begin(), of_key.end());
    combined.push_back(FisherCombined(of_key));
  }
  EXPECT_GT(AgainstUniform(ranks).p_value, 0.001);
  EXPECT_GT(AgainstUniform(combined).p_value, 0.001);
}

TEST(SecretPValues, AreSmallForWhoeverLearntThem) {
  const std::string prompt = "big 4729183?";
  const Canary canary = MakeCanary(prompt, 3);
  const auto learnt = [&](std::span<const LikelihoodScorer::Pair> pairs) {
    std::vector<Likelihood> all;
    for (const auto& pair : pairs) all.push_back({.nats = canary.answer.starts_with(pair.completion) ? -0.1 : -5.0});
    return all;
  };
  const std::vector<double> p = SecretPValues(Plain(prompt), canary, 3, learnt);
  EXPECT_THAT(p, Each(Le(0.1)));
  EXPECT_LT(FisherCombined(p), 1e-3);
  EXPECT_EQ(p, SecretPValues(Plain(prompt), canary, 3, learnt)) << "the same each time";
}

}  // namespace
}  // namespace retort
