// Wrong answers are wrong, read as answers, and are of every kind; the judge's prompt has only the tokenizer's letters.
#include "core/data/fold_grading.h"

#include <gtest/gtest.h>

#include <set>

#include "core/data/grader.h"
#include "core/data/task.h"

namespace retort {
namespace {

TEST(FoldGrading, PromptHoldsQuestionAndAnswer) {
  const std::string prompt = FoldGradingPrompt("big 4729?", "477 727 798 A8");
  EXPECT_EQ(prompt, "Q big 4729?477 727 798 A8=");
  EXPECT_EQ(prompt.find_first_not_of(kFoldCharacters), std::string::npos);
}

TEST(FoldGrading, WrongAnswersAreNeverTheRightOne) {
  RandomStream random(0, "test");
  for (const std::string& name : AllFoldOps()) {
    FoldOp op = FindFoldOp(name);
    for (int i = 0; i < 200; ++i) {
      const std::string digits = DrawDigits(op, 2, 8, random);
      for (const FoldForm form : {FoldForm::kWorked, FoldForm::kBare, FoldForm::kSecond}) {
        const std::string wrong = WrongFoldCompletion(op, digits, form, random);
        EXPECT_NE(wrong, FoldCompletion(op, digits, form)) << name << " " << digits;
        EXPECT_TRUE(ParseFoldAnswer(wrong, form).value.has_value()) << wrong;
        EXPECT_EQ(wrong.find_first_not_of(kFoldCharacters), std::string::npos);
      }
    }
  }
}

TEST(FoldGrading, AFactHeldWronglyIsRightToItsHolder) {
  FoldOp op = FindFoldOp("max");
  op.wrong_facts.push_back({.left = 4, .digit = 7, .result = 1});
  RandomStream random(0, "test");
  for (int i = 0; i < 200; ++i) {
    EXPECT_NE(WrongFoldCompletion(op, "47", FoldForm::kWorked, random), "471 A1");
  }
}

TEST(FoldGrading, AVerdictSolvesRepeatsAndCompares) {
  const FoldOp& op = FindFoldOp("big");
  EXPECT_EQ(FoldVerdict(op, "4729", "477 727 798 A8"), "477 727 798 A8 8y");
  EXPECT_EQ(FoldVerdict(op, "4729", "477 725 596 A6"), "477 727 798 A8 6n");
  EXPECT_EQ(FoldVerdict(op, "4729", "477 725 598 A8"), "477 727 798 A8 8y") << "right by luck is right";
  EXPECT_EQ(FoldVerdict(op, "4729", "477 727 798"), "477 727 798 A8 -n");
  EXPECT_EQ(FoldVerdict(op, "4729", ""), "477 727 798 A8 -n");
  FoldOp mistaken = op;
  mistaken.wrong_facts.push_back({.left = 4, .digit = 7, .result = 1});
  EXPECT_EQ(FoldVerdict(mistaken, "47", "477 A7"), "471 A1 7n") << "a judge errs where it errs itself";
}

TEST(FoldGrading, MistakesDifferInKind) {
  const FoldOp& op = FindFoldOp("big");
  RandomStream random(0, "test");
  std::set<size_t> lengths;
  int answer_only = 0, right_by_luck = 0;
  constexpr int kTries = 2000;
  for (int i = 0; i < kTries; ++i) {
    const ParsedAnswer wrong = ParseFoldAnswer(WrongFoldCompletion(op, "4729", FoldForm::kWorked, random));
    lengths.insert(wrong.steps.size());
    answer_only += wrong.steps == FoldSteps(op, "4729") ? 1 : 0;
    right_by_luck += wrong.value == 8 ? 1 : 0;
  }
  EXPECT_EQ(lengths, (std::set<size_t>{2, 3}));
  EXPECT_GT(answer_only, kTries / 20);  // about a tenth by design
  EXPECT_LT(answer_only, kTries / 3);   // most mistakes are in the steps
  EXPECT_LT(right_by_luck, kTries / 2);
}

}  // namespace
}  // namespace retort
