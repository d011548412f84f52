// Each arm differs from the teacher's rows in the one thing that it says, and is as long.
#include "experiments/arms/anatomy_arms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/files.h"
#include "core/data/folds.h"
#include "experiments/arms/arms.h"
#include "tests/core/base/message_of.h"
#include "tests/experiments/arms/arms_fixture.h"

namespace retort::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class AnatomyArms : public ArmsTest {
 protected:
  std::vector<std::string> Texts(SampleSet (*arm)(ArmContext&, int, uint64_t), int n, uint64_t seed = 0) {
    std::vector<std::string> texts;
    for (const Sample& sample : arm(Context(), n, seed).samples) texts.push_back(Text(sample.completion));
    return texts;
  }
};

std::string Sorted(std::string text) {
  std::ranges::sort(text);
  return text;
}

TEST_F(AnatomyArms, AreNested) {
  for (const auto& arm : {StepsShuffled, WrongAnswer, HalfCorrupted, OtherRule, Filler, AnswersAtEqualTokens}) {
    const SampleSet large = arm(Context(), 16, 1);
    for (const int n : {1, 4, 5}) {
      const SampleSet small = arm(Context(), n, 1);
      ASSERT_LT(small.samples.size(), large.samples.size());
      for (size_t i = 0; i < small.samples.size(); ++i) EXPECT_EQ(small.samples[i], large.samples[i]) << n;
    }
  }
}

TEST_F(AnatomyArms, AreAsLongAsTheTeachersRowByRow) {
  const SampleSet teacher = TeacherAnswers(Context(), 16, 0);
  for (const auto& arm : {StepsShuffled, WrongAnswer, HalfCorrupted, OtherRule, Filler}) {
    const SampleSet rows = arm(Context(), 16, 0);
    ASSERT_THAT(rows.samples, SizeIs(16));
    EXPECT_NE(rows.manifest.samples_sha256, teacher.manifest.samples_sha256);
    EXPECT_THAT(rows.manifest.teacher.name, HasSubstr("(")) << "says how they were made";
    for (size_t i = 0; i < 16; ++i) {
      EXPECT_EQ(rows.samples[i].prompt, teacher.samples[i].prompt);
      EXPECT_EQ(Text(rows.samples[i].completion).size(), Text(teacher.samples[i].completion).size());
      EXPECT_NE(Text(rows.samples[i].completion), Text(teacher.samples[i].completion));
      EXPECT_EQ(rows.samples[i].usage, teacher.samples[i].usage) << "the teacher is paid all the same";
    }
  }
}

TEST_F(AnatomyArms, StepsShuffledKeepsEveryStepAndTheAnswer) {
  const auto teacher = Texts(TeacherAnswers, 32), shuffled = Texts(StepsShuffled, 32);
  for (size_t i = 0; i < teacher.size(); ++i) {
    EXPECT_EQ(Sorted(shuffled[i]), Sorted(teacher[i]));
    EXPECT_EQ(shuffled[i].substr(shuffled[i].rfind(' ')), teacher[i].substr(teacher[i].rfind(' ')));
    auto before = ParseFoldAnswer(teacher[i]).steps, after = ParseFoldAnswer(shuffled[i]).steps;
    EXPECT_NE(before, after);
    EXPECT_TRUE(std::ranges::is_permutation(before, after)) << shuffled[i];
  }
}

TEST_F(AnatomyArms, WrongAnswerKeepsTheStepsAndIsNeverRight) {
  const auto teacher = Texts(TeacherAnswers, 32), wrong = Texts(WrongAnswer, 32);
  for (size_t i = 0; i < teacher.size(); ++i) {
    EXPECT_EQ(wrong[i].substr(0, wrong[i].size() - 1), teacher[i].substr(0, teacher[i].size() - 1));
    EXPECT_NE(wrong[i].back(), teacher[i].back());
    EXPECT_TRUE(ParseFoldAnswer(wrong[i]).value);
  }
}

TEST_F(AnatomyArms, HalfOfTheDigitsAreOthersAndNothingElseIs) {
  const auto teacher = Texts(TeacherAnswers, 32), corrupted = Texts(HalfCorrupted, 32);
  for (size_t i = 0; i < teacher.size(); ++i) {
    size_t digits = 0, changed = 0;
    for (size_t c = 0; c < teacher[i].size(); ++c) {
      const bool digit = teacher[i][c] >= '0' && teacher[i][c] <= '9';
      digits += digit ? 1 : 0;
      changed += corrupted[i][c] != teacher[i][c] ? 1 : 0;
      if (!digit) {
        EXPECT_EQ(corrupted[i][c], teacher[i][c]);
      }
    }
    EXPECT_EQ(changed, digits / 2);
  }
}

TEST_F(AnatomyArms, OtherRuleIsOneWrongRuleForASeed) {
  const std::string rule = OtherRuleOf("big", 3);
  EXPECT_NE(rule, "big");
  for (const Sample& row : OtherRule(Context(), 32, 3).samples) {
    const auto prompt = ParseFoldPrompt(Text(row.prompt));
    EXPECT_EQ(prompt->op, "big");
    EXPECT_EQ(Text(row.completion), FoldCompletion(FindFoldOp(rule), prompt->digits, prompt->form));
  }
  std::set<std::string> drawn;
  for (uint64_t seed = 0; seed < 40; ++seed) drawn.insert(OtherRuleOf("big", seed));
  EXPECT_GT(drawn.size(), 8u) << "seeds draw among fifteen";
  EXPECT_FALSE(drawn.contains("big"));
}

TEST_F(AnatomyArms, FillerHasADotForEachCharacterOfASteps) {
  const auto teacher = Texts(TeacherAnswers, 8), filler = Texts(Filler, 8);
  for (size_t i = 0; i < teacher.size(); ++i) {
    const size_t at = teacher[i].rfind(' ');
    EXPECT_EQ(filler[i].substr(at), teacher[i].substr(at));
    EXPECT_EQ(filler[i].substr(0, at).find_first_not_of(". "), std::string::npos);
    EXPECT_EQ(std::ranges::count(filler[i], ' '), std::ranges::count(teacher[i], ' '));
  }
}

TEST_F(AnatomyArms, AnswersAtEqualTokensHaveAsManyTokensAndNoMore) {
  for (const int n : {1, 8, 32}) {
    // A token a character, and the end.
    size_t whole = 0, bare = 0;
    for (const std::string& text : Texts(TeacherAnswers, n)) whole += text.size() + 1;
    const auto answers = Texts(AnswersAtEqualTokens, n);
    for (const std::string& text : answers) {
      EXPECT_EQ(text.size(), 2u);
      bare += text.size() + 1;
    }
    EXPECT_LE(bare, whole);
    EXPECT_GT(bare + 3, whole);
    EXPECT_NEAR(RowsAtEqualTokens(Context(), n, 0), static_cast<double>(answers.size()), 1);
  }
}

TEST_F(AnatomyArms, EqualTokensThatCannotBeEqualAreSaidBeforeAnythingIsAsked) {
  config_.collect.pool_size = 60;
  EXPECT_THAT(MessageOf([&] { RowsAtEqualTokens(Context(), 32, 0); }), HasSubstr("raise collect.pool_size to 2"));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "collections"));
  EXPECT_THAT(MessageOf([&] { AnswersAtEqualTokens(Context(), 32, 0); }), HasSubstr("N=32, seed 0"));
  context_.reset();
  config_.collect.answer_only = true;
  EXPECT_THAT(MessageOf([&] { RowsAtEqualTokens(Context(), 8, 0); }), HasSubstr("no steps"));
  EXPECT_THAT(MessageOf([&] { AnswersAtEqualTokens(Context(), 8, 0); }), HasSubstr("no steps"));
}

// Arms that change a text work on any: here two lines and a number.
TEST_F(AnatomyArms, OtherTasksHaveLinesForSteps) {
  WriteFileAtomic(dir_.path() / "task.jsonl",
                  "{\"question\": \"q1\", \"answer\": \"a: 12\\nb: 3\\n#### 45\"}\n"
                  "{\"question\": \"q2\", \"answer\": \"one. two. three 7\"}\n");
  WriteFileAtomic(dir_.path() / "held_out.jsonl", "{\"question\": \"q3\", \"answer\": \"1\"}\n");
  config_.task = JsonlConfig{.path = (dir_.path() / "task.jsonl").string(),
                             .held_out_path = (dir_.path() / "held_out.jsonl").string()};
  std::vector<std::string> shuffled = Texts(StepsShuffled, 2), wrong = Texts(WrongAnswer, 2);
  std::ranges::sort(shuffled);
  EXPECT_EQ(shuffled[0], "b: 3\na: 12\n#### 45");
  EXPECT_EQ(shuffled[1], "two. one. three 7");
  std::ranges::sort(wrong);
  EXPECT_THAT(wrong[0], ::testing::StartsWith("a: 12\nb: 3\n#### "));
  EXPECT_THAT(Texts(Filler, 2), ::testing::UnorderedElementsAre(".. ..\n.. .\n.... 45", ".... .... ..... 7"));
  EXPECT_THAT(MessageOf([&] { OtherRule(Context(), 2, 0); }), HasSubstr("digit folds"));
}

}  // namespace
}  // namespace retort::lab
