// Every rule takes the first of an order of its own, from the same candidates, and says what looking at them cost.
#include "experiments/arms/chosen_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/folds.h"
#include "experiments/design/graded.h"
#include "tests/experiments/arms/arms_fixture.h"

namespace retort::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kPool = 48;

// Knows the operations, and writes questions: of each four one malformed, one that it wrote before, and one held out.
class Author : public Teacher {
 public:
  Card card() const override { return {.name = "author", .kind = "local", .identity = "author", .licence = "none"}; }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      const std::string asked = Text(request.prompt);
      std::string text;
      if (asked == FoldWritingPrompt("big")) {
        const int number = std::stoi(request.id.substr(request.id.find('-') + 1));
        text = number % 4 == 0   ? "big 12"
               : number % 4 == 1 ? held_out
               : number % 4 == 2 ? "big 1111?"
                                 : "big " + std::to_string(20000 + number) + "?";
      } else {
        const auto prompt = ParseFoldPrompt(asked);
        text = FoldCompletion(FindFoldOp(prompt->op), prompt->digits, prompt->form);
      }
      if (!on_reply({.id = request.id,
                     .attempt = request.attempt,
                     .completion = {{"", text}},
                     .finish_reason = "stop",
                     .usage = {.prompt_tokens = 10, .completion_tokens = static_cast<int64_t>(text.size())}})) {
        return;
      }
    }
  }
  std::string held_out;
};

class ChosenArms : public ArmsTest {
 protected:
  ChosenArms() { config_.collect.pool_size = kPool; }

  ArmContext& Open() {
    OpenWith(teacher_);
    teacher_.held_out = Text(context_->HeldOut(0).front().prompt);
    return *context_;
  }

  Author teacher_;
};

TEST_F(ChosenArms, AreNestedSetsOfTheSameCandidates) {
  ArmContext& context = Open();
  std::set<std::string> pool;
  for (const Item& item : context.Pool(0)) pool.insert(item.id);
  ASSERT_THAT(pool, SizeIs(kPool));
  for (const auto& arm : {RandomChoice, Diverse, Longest, Hardest, Easiest, ByErrors}) {
    const SampleSet all = arm(context, kPool, 0);
    std::set<std::string> ids;
    for (const Sample& row : all.samples) ids.insert(row.id);
    EXPECT_EQ(ids, pool);
    for (const int n : {1, 8}) {
      const SampleSet some = arm(context, n, 0);
      ASSERT_THAT(some.samples, SizeIs(n));
      for (size_t i = 0; i < some.samples.size(); ++i) EXPECT_EQ(some.samples[i], all.samples[i]);
    }
  }
  EXPECT_THROW(Longest(context, kPool + 1, 0), Error);
}

TEST_F(ChosenArms, WhatWasLookedAtAndThrownAwayIsPaidFor) {
  ArmContext& context = Open();
  const auto tokens = [](const SampleSet& set) {
    int64_t sum = 0;
    for (const Sample& row : set.samples) sum += row.usage.prompt_tokens + row.usage.completion_tokens;
    return static_cast<double>(sum);
  };
  const double all = tokens(RandomChoice(context, kPool, 0));
  for (const auto& arm : {Diverse, Longest, Hardest}) {
    const SampleSet set = arm(context, 8, 0);
    EXPECT_EQ(Measure(set, "thrown_away_tokens"), all - tokens(set));
    EXPECT_EQ(Measure(set, kPromptsAsked), kPool);
  }
  const SampleSet errors = ByErrors(context, 8, 0);
  EXPECT_EQ(Measure(errors, kTeacherTokens), 0) << "beyond its rows";
  EXPECT_EQ(Measure(errors, "candidates"), kPool);
  EXPECT_EQ(Measure(RandomChoice(context, 8, 0), "candidates"), 8);
}

TEST_F(ChosenArms, TheOrderIsWhatItSays) {
  ArmContext& context = Open();
  const SampleSet longest = Longest(context, kPool, 0);
  for (size_t i = 1; i < longest.samples.size(); ++i) {
    EXPECT_GE(Text(longest.samples[i - 1].completion).size(), Text(longest.samples[i].completion).size());
  }
  const SampleSet hard = Hardest(context, kPool, 0), easy = Easiest(context, kPool, 0);
  EXPECT_EQ(hard.samples.front().id, easy.samples.back().id);
  // Those that the student gets right come last.
  std::map<std::string, bool> right;
  const Graded truth(context, 0);
  for (const Sample& own : context.StartRows(kPool, 0).samples) right[own.id] = truth.Right(own);
  bool before = false;
  for (const Sample& row : ByErrors(context, kPool, 0).samples) {
    EXPECT_TRUE(right[row.id] || !before) << "a wrong one behind a right one";
    before = right[row.id];
  }
}

TEST(ByNewWords, TakesWhatCoversMostAndBeginsAnew) {
  EXPECT_THAT(ByNewWords({"a b", "a b c", "d", "c d", "a"}), ElementsAre(1, 2, 0, 3, 4));
  EXPECT_THAT(ByNewWords({"", "", "a"}), ElementsAre(2, 0, 1));
  EXPECT_THAT(ByNewWords({}), SizeIs(0));
}

TEST_F(ChosenArms, WrittenPromptsAreFreshWellFormedAndNotHeldOut) {
  config_.collect.prompts = "teacher";
  config_.collect.written.instruction = "";
  ArmContext& context = Open();
  const SampleSet set = Written(context, 10, 0);
  ASSERT_THAT(set.samples, SizeIs(10));
  std::set<std::string> prompts;
  const Graded truth(context, 0);
  for (const Sample& row : set.samples) {
    EXPECT_TRUE(prompts.insert(Text(row.prompt)).second);
    EXPECT_TRUE(ParseFoldPrompt(Text(row.prompt)));
    EXPECT_NE(Text(row.prompt), teacher_.held_out);
    EXPECT_TRUE(truth.Right(row)) << "the task solves what its teacher wrote";
  }
  const auto& counts = set.manifest.counts;
  EXPECT_GT(counts.at("written.dropped.malformed"), 0);
  EXPECT_GT(counts.at("written.dropped.held_out"), 0);
  EXPECT_GT(counts.at("written.dropped.exact_duplicate"), 0);
  EXPECT_GT(Measure(set, "dropped_share"), 0.5);
  EXPECT_GT(Measure(set, "thrown_away_tokens"), 0);
}

TEST(CheckChoice, TellsWhatAnArmCannotChooseFrom) {
  ExperimentConfig config;
  EXPECT_NO_THROW(CheckChoice(config));
  EXPECT_THROW(CheckWritten(config), Error);
  config.collect.prompts = "teacher";
  EXPECT_NO_THROW(CheckWritten(config));
  EXPECT_THROW(CheckChoice(config), Error);
  config.collect.prompts = "task";
  config.collect.attempts = 2;
  EXPECT_THROW(CheckChoice(config), Error);
}

}  // namespace
}  // namespace retort::lab
