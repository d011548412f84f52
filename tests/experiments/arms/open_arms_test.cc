// What is filtered is right, and paid for in full; and a student that teaches answers what it has not learnt.
#include "experiments/arms/open_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/folds.h"
#include "experiments/cells/grid.h"
#include "experiments/design/block.h"
#include "experiments/design/graded.h"
#include "tests/experiments/arms/arms_fixture.h"

namespace retort::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Gives every third prompt a wrong answer.
class Erring : public Teacher {
 public:
  Card card() const override { return {.name = "erring", .kind = "local", .identity = "erring", .licence = "none"}; }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      const auto prompt = ParseFoldPrompt(Text(request.prompt));
      std::string text = FoldCompletion(FindFoldOp(prompt->op), prompt->digits, prompt->form);
      if ((prompt->digits[0] - '0') % 3 == 0) text.back() = text.back() == '0' ? '1' : '0';
      if (!on_reply({.id = request.id,
                     .attempt = request.attempt,
                     .completion = {{"", text}},
                     .finish_reason = "stop",
                     .usage = {.prompt_tokens = 10, .completion_tokens = 20}})) {
        return;
      }
    }
  }
};

class OpenArms : public ArmsTest {
 protected:
  OpenArms() {
    std::get<TrainerConfig>(config_.student.trainer).max_steps = 2;
    config_.warm_start.max_steps = 2;
  }

  ArmContext& Open() { return OpenWith(teacher_); }

  Erring teacher_;
};

TEST_F(OpenArms, WhatIsFilteredIsRightAndNested) {
  ArmContext& context = Open();
  const Graded truth(context, 0);
  const SampleSet large = RightAnswers(context, 24, 0);
  ASSERT_THAT(large.samples, SizeIs(24));
  for (const Sample& row : large.samples) EXPECT_TRUE(truth.Right(row)) << Text(row.prompt);
  for (const int n : {1, 7}) {
    const SampleSet small = RightAnswers(context, n, 0);
    ASSERT_THAT(small.samples, SizeIs(n));
    for (size_t i = 0; i < small.samples.size(); ++i) EXPECT_EQ(small.samples[i], large.samples[i]);
  }
}

TEST_F(OpenArms, DroppedAnswersArePaidFor) {
  ArmContext& context = Open();
  const SampleSet rows = RightAnswers(context, 24, 0);
  const double prompts = rows.manifest.measures.at(std::string(kPromptsAsked));
  EXPECT_GT(prompts, 24);
  // The last prompt asked is that of the last row.
  EXPECT_EQ(context.TeacherRows(static_cast<int>(prompts), 0).samples.back().id, rows.samples.back().id);
  EXPECT_EQ(rows.manifest.measures.at(std::string(kTeacherTokens)), (prompts - 24) * 30);
}

TEST_F(OpenArms, APoolWithTooFewRightAnswersIsTold) {
  config_.collect.pool_size = 30;
  try {
    RightAnswers(Open(), 25, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("collect.pool_size"));
  }
}

TEST_F(OpenArms, AStudentTeachesWhatItHasNotLearnt) {
  config_.warm_start.n = 8;
  ArmContext& context = Open();
  const SampleSet learnt = context.TeacherRows(8, 0), large = TaughtByAStudent(context, 12, 0);
  ASSERT_THAT(large.samples, SizeIs(12));
  EXPECT_EQ(large.manifest.teacher.kind, "student");
  for (const Sample& row : large.samples) {
    for (const Sample& other : learnt.samples) EXPECT_NE(row.prompt, other.prompt);
    EXPECT_EQ(row.usage, Usage{});
  }
  const SampleSet small = TaughtByAStudent(context, 5, 0);
  for (size_t i = 0; i < small.samples.size(); ++i) EXPECT_EQ(small.samples[i], large.samples[i]);
}

Experiment TwoGenerations() {
  return {.arms = {{.name = "first", .rows = [](ArmContext& c, int n, uint64_t s) { return c.TeacherRows(n, s); }},
                   {.name = "second", .rows = TaughtByAStudent, .from_base = true, .check = CheckTaughtByAStudent}}};
}

TEST_F(OpenArms, TheSecondGenerationStartsFromTheBase) {
  config_.task = FoldsConfig{.target = "big"};
  config_.teacher = OracleTeacherConfig{};
  config_.arms = {"second"};
  config_.n = {4};
  config_.seeds = 1;
  config_.warm_start.n = 8;
  const Experiment experiment = TwoGenerations();
  const auto blocks = OpenBlocks({config_}, experiment,
                                 {.config_dir = RETORT_SOURCE_DIR "/configs",
                                  .collections = dir_.path() / "collections",
                                  .warm_starts = dir_.path() / "warm",
                                  .progress = {}});
  const Grid grid = MakeGrid(blocks);
  for (const auto& [hash, cell] : grid.cells) {
    if (cell.config.arm == kTeacherModelArm) continue;
    EXPECT_THAT(cell.config.base, HasSubstr("folds-base-0")) << cell.label;
  }
  EXPECT_THAT(grid.rows, SizeIs(3)) << "base, teacher, second";
}

TEST_F(OpenArms, ASecondGenerationWithoutAFirstIsToldBeforeAnythingRuns) {
  config_.teacher = OracleTeacherConfig{};
  config_.arms = {"second"};
  config_.n = {4};
  const Experiment experiment = TwoGenerations();
  try {
    OpenBlocks({config_}, experiment, {.config_dir = RETORT_SOURCE_DIR "/configs", .progress = {}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("warm_start.n"));
  }
}

}  // namespace
}  // namespace retort::lab
