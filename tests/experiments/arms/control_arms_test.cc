// Controls differ from the teacher's rows in what they say they do, and in nothing else.
#include "experiments/arms/control_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/folds.h"
#include "core/data/grader.h"
#include "experiments/arms/arms.h"
#include "experiments/cells/in_context.h"
#include "tests/experiments/arms/arms_fixture.h"

namespace retort::lab {
namespace {

using ::testing::SizeIs;

class ControlArms : public ArmsTest {};

TEST_F(ControlArms, AreNested) {
  for (const auto& arm : {ShuffledPairs, RandomResults, SelfDistilled, Replayed}) {
    const SampleSet large = arm(Context(), 16, 1);
    for (const int n : {1, 4, 5}) {
      const SampleSet small = arm(Context(), n, 1);
      ASSERT_THAT(small.samples, SizeIs(n));
      for (size_t i = 0; i < small.samples.size(); ++i) EXPECT_EQ(small.samples[i], large.samples[i]) << n;
    }
  }
}

TEST_F(ControlArms, ShuffledPairsKeepsEveryTextAndMovesEach) {
  const SampleSet teacher = TeacherAnswers(Context(), 16, 0), shuffled = ShuffledPairs(Context(), 16, 0);
  std::multiset<std::string> before, after;
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_EQ(shuffled.samples[i].prompt, teacher.samples[i].prompt);
    EXPECT_NE(shuffled.samples[i].completion, teacher.samples[i].completion);
    before.insert(Text(teacher.samples[i].completion));
    after.insert(Text(shuffled.samples[i].completion));
  }
  EXPECT_EQ(before, after);
  EXPECT_NE(shuffled.manifest.samples_sha256, teacher.manifest.samples_sha256);
}

TEST_F(ControlArms, RandomResultsKeepTheFormOfTheSteps) {
  const SampleSet teacher = TeacherAnswers(Context(), 64, 0), random = RandomResults(Context(), 64, 0);
  int same = 0, steps = 0;
  for (size_t i = 0; i < 64; ++i) {
    const ParsedAnswer right = ParseFoldAnswer(Text(teacher.samples[i].completion)),
                       drawn = ParseFoldAnswer(Text(random.samples[i].completion));
    ASSERT_EQ(drawn.steps.size(), right.steps.size());
    int left = right.steps[0].left;
    for (size_t s = 0; s < drawn.steps.size(); ++s, ++steps) {
      EXPECT_EQ(drawn.steps[s].left, left) << "a step goes on from the one before";
      EXPECT_EQ(drawn.steps[s].digit, right.steps[s].digit);
      left = drawn.steps[s].result;
      same += drawn.steps[s].result == right.steps[s].result ? 1 : 0;
    }
    EXPECT_EQ(drawn.value, left);
  }
  EXPECT_GT(same, steps / 30);  // a tenth by chance
  EXPECT_LT(same, steps / 4);
}

TEST_F(ControlArms, ReplayedAsksOldSkillsAndIsRight) {
  const SampleSet rows = Replayed(Context(), 50, 0);
  std::set<std::string> skills;
  for (const Sample& row : rows.samples) {
    const auto prompt = ParseFoldPrompt(Text(row.prompt));
    ASSERT_TRUE(prompt);
    skills.insert(prompt->op);
    EXPECT_EQ(Text(row.completion), FoldCompletion(FindFoldOp(prompt->op), prompt->digits, prompt->form));
  }
  EXPECT_EQ(skills, std::set<std::string>(BaseSkills().begin(), BaseSkills().end()));
  // None of the items that retained skill is measured on.
  std::set<std::string> retained;
  for (const Item& item : task_->Items(Split::kRetained, 200, 0)) retained.insert(Text(item.prompt));
  for (const Sample& row : rows.samples) EXPECT_FALSE(retained.contains(Text(row.prompt)));
}

TEST_F(ControlArms, SelfDistilledIsWhatTheStudentSaysAndCostsNothing) {
  const SampleSet rows = SelfDistilled(Context(), 8, 0), teacher = TeacherAnswers(Context(), 8, 0);
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(rows.samples[i].prompt, teacher.samples[i].prompt);
    EXPECT_EQ(rows.samples[i].usage, Usage{});
  }
  EXPECT_THAT(rows.manifest.teacher.name, ::testing::HasSubstr("own answers"));
}

TEST_F(ControlArms, ShuffledPairsRefusesAttemptsOfOnePrompt) {
  config_.collect.attempts = 2;
  EXPECT_THROW(ShuffledPairs(Context(), 4, 0), Error);
}

TEST_F(ControlArms, ACutNetworkCannotAnswerBeforeItIsTrained) {
  config_.student.init.keep_layers = {0};
  EXPECT_THROW(SelfDistilled(Context(), 4, 0), Error);
}

class Recorder : public Answerer {
 public:
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>&) override {
    asked.assign(requests.begin(), requests.end());
  }
  std::vector<Request> asked;
};

TEST(InContextTest, SamplesStandBeforeTheQuestion) {
  Recorder model;
  const std::vector<Sample> plain = {{.prompt = {{"", "a?"}}, .completion = {{"", "b"}}}};
  InContext(model, plain).Ask(std::vector<Request>{{.prompt = {{"", "c?"}}}}, {});
  EXPECT_EQ(Text(model.asked.at(0).prompt), "a?b\nc?");

  const std::vector<Sample> chat = {{.prompt = {{"system", "s"}, {"user", "a?"}}, .completion = {{"assistant", "b"}}}};
  InContext(model, chat).Ask(std::vector<Request>{{.prompt = {{"system", "s"}, {"user", "c?"}}}}, {});
  const std::vector<Message> expected = {{"system", "s"}, {"user", "a?"}, {"assistant", "b"}, {"user", "c?"}};
  EXPECT_EQ(model.asked.at(0).prompt, expected);
}

}  // namespace
}  // namespace retort::lab
