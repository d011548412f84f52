// Digit folds as a task: disjoint splits, stable pools, the memoriser, the grader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/data/folds.h"
#include "core/data/grader.h"
#include "core/data/task.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Task> Folds(const std::string& target, int min_digits = 4, int max_digits = 8) {
  return MakeTask(FoldsConfig{.target = target, .min_digits = min_digits, .max_digits = max_digits});
}

std::set<std::string> Prompts(const std::vector<Item>& items) {
  std::set<std::string> prompts;
  for (const Item& item : items) prompts.insert(Text(item.prompt));
  return prompts;
}

std::vector<std::string> Ids(const std::vector<Item>& items) {
  std::vector<std::string> ids;
  for (const Item& item : items) ids.push_back(item.id);
  return ids;
}

TEST(FoldsTask, SixteenSeedsInARowDrawEachRuleOnce) {
  const auto task = Folds("rules");
  for (const uint64_t start : {0, 5, 1000}) {
    std::set<std::string> targets;
    for (uint64_t seed = start; seed < start + 16; ++seed) targets.insert(task->Target(seed));
    EXPECT_EQ(targets, std::set<std::string>(RuleNames().begin(), RuleNames().end()));
  }
  EXPECT_EQ(task->Target(3), task->Target(19));
  for (const std::string& name : AllFoldOps()) EXPECT_EQ(Folds(name)->Target(5), name);
}

TEST(FoldsTask, ItemsAreWhatTheySay) {
  for (const std::string name : {"big", "add5", "rsub", "max"}) {
    const auto task = Folds(name);
    for (const Split split : {Split::kTrain, Split::kHeldOut}) {
      const auto items = task->Items(split, 50, 1);
      ASSERT_EQ(items.size(), 50u);
      for (const Item& item : items) {
        const auto prompt = ParseFoldPrompt(Text(item.prompt));
        ASSERT_TRUE(prompt);
        EXPECT_EQ(item.prompt.size(), 1u);
        EXPECT_EQ(item.prompt[0].role, "");
        EXPECT_EQ(prompt->form, FoldForm::kWorked);
        EXPECT_EQ(prompt->op, name);
        EXPECT_EQ(item.skill, name);
        EXPECT_EQ(item.id, name + "/" + prompt->digits);
        EXPECT_GE(prompt->digits.size(), 4u);
        EXPECT_LE(prompt->digits.size(), 8u);
        EXPECT_EQ("A" + item.answer, FoldCompletion(FindFoldOp(name), prompt->digits, FoldForm::kBare));
        EXPECT_EQ(task->Reference(item), FoldCompletion(FindFoldOp(name), prompt->digits, FoldForm::kWorked));
      }
    }
  }
}

TEST(FoldsTask, TrainDependsOnTheSeedHeldOutDoesNot) {
  const auto task = Folds("big");
  EXPECT_EQ(Ids(task->Items(Split::kTrain, 100, 1)), Ids(task->Items(Split::kTrain, 100, 1)));
  EXPECT_NE(Ids(task->Items(Split::kTrain, 100, 1)), Ids(task->Items(Split::kTrain, 100, 2)));
  EXPECT_EQ(Ids(task->Items(Split::kHeldOut, 100, 1)), Ids(task->Items(Split::kHeldOut, 100, 2)));
  EXPECT_EQ(Ids(task->Items(Split::kRetained, 100, 1)), Ids(task->Items(Split::kRetained, 100, 2)));
}

// The pools that published numbers stand on.
TEST(FoldsTask, GoldenItems) {
  const auto task = Folds("rules");
  std::vector<std::string> targets;
  for (uint64_t seed = 0; seed < 16; ++seed) targets.push_back(task->Target(seed));
  EXPECT_THAT(targets, ::testing::ElementsAre("gum", "gap", "orb", "elk", "big", "owl", "elm", "bud", "eel", "gem",
                                              "oak", "bow", "oar", "bet", "ebb", "gig"));
  EXPECT_THAT(Ids(Folds("big")->Items(Split::kTrain, 3, 0)),
              ::testing::ElementsAre("big/67754905", "big/68339", "big/13265"));
  EXPECT_THAT(Ids(Folds("big")->Items(Split::kHeldOut, 3, 0)),
              ::testing::ElementsAre("big/826729", "big/8302343", "big/208146"));
}

TEST(FoldsTask, FirstItemsOfManyAreThoseOfFew) {
  const auto task = Folds("rules");
  for (const Split split : {Split::kTrain, Split::kHeldOut, Split::kRetained}) {
    const auto many = Ids(task->Items(split, 200, 3));
    for (const int n : {0, 1, 4, 7, 64, 199}) {
      const auto few = Ids(task->Items(split, n, 3));
      ASSERT_EQ(static_cast<int>(few.size()), n);
      EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
    }
  }
}

TEST(FoldsTask, TrainAndHeldOutShareNoPrompt) {
  for (const char* target : {"big", "add5"}) {
    const auto task = Folds(target);
    const auto held_out = Prompts(task->Items(Split::kHeldOut, 1000, 0));
    EXPECT_EQ(held_out.size(), 1000u) << "not distinct";
    for (uint64_t seed = 0; seed < 3; ++seed) {
      const auto train = Prompts(task->Items(Split::kTrain, 2000, seed));
      EXPECT_EQ(train.size(), 2000u) << "not distinct";
      for (const std::string& prompt : train) EXPECT_FALSE(held_out.contains(prompt)) << prompt;
    }
  }
}

TEST(FoldsTask, ASmallSpaceIsGivenWhole) {
  const auto task = Folds("add5", 4, 4);
  const auto train = Prompts(task->Items(Split::kTrain, 100000, 0));
  const auto held_out = Prompts(task->Items(Split::kHeldOut, 100000, 0));
  EXPECT_EQ(train.size() + held_out.size(), 625u);
  EXPECT_NEAR(static_cast<double>(held_out.size()), 125, 40);
  EXPECT_EQ(Prompts(task->Items(Split::kTrain, 100000, 1)), train);
}

TEST(FoldsTask, RetainedItemsAreTheBaseSkillsInTurnFromTheHeldOutSide) {
  const auto task = Folds("rules");
  const auto items = task->Items(Split::kRetained, 100, 4);
  ASSERT_EQ(items.size(), 100u);
  for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i].skill, BaseSkills()[i % 5]);
  for (const std::string& skill : BaseSkills()) {
    const auto own = Folds(skill)->Items(Split::kHeldOut, 20, 0);
    const auto prompts = Prompts(items);
    for (const Item& item : own) EXPECT_TRUE(prompts.contains(Text(item.prompt)));
  }
}

TEST(FoldsTask, RewordedAsksForTheSameInTheSecondGrammar) {
  const auto task = Folds("big");
  const Item item = task->Items(Split::kTrain, 1, 0)[0];
  const auto reworded = task->Reworded(item);
  ASSERT_TRUE(reworded);
  EXPECT_EQ(reworded->id, item.id);
  EXPECT_EQ(reworded->answer, item.answer);
  std::string expected = Text(item.prompt);
  expected.back() = ':';
  EXPECT_EQ(Text(reworded->prompt), expected);
  EXPECT_EQ(ParseFoldAnswer(*task->Reference(*reworded), FoldForm::kSecond).steps,
            ParseFoldAnswer(*task->Reference(item)).steps);
}

TEST(FoldsTask, AnswerOnlyAsksForTheBareAnswerUnderTheSameId) {
  const auto task = Folds("big");
  const Item item = task->Items(Split::kTrain, 1, 0)[0];
  const auto bare = task->AnswerOnly(item);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->id, item.id);
  EXPECT_EQ(bare->answer, item.answer);
  std::string expected = Text(item.prompt);
  expected.back() = '!';
  EXPECT_EQ(Text(bare->prompt), expected);
  EXPECT_EQ(task->Reference(*bare), "A" + item.answer);
  const Item stranger{.id = "x", .prompt = {{"", "What is 2 + 2?"}}, .answer = "4", .skill = ""};
  EXPECT_FALSE(task->AnswerOnly(stranger));
  EXPECT_FALSE(task->Reworded(stranger));
  EXPECT_FALSE(task->Reference(stranger));
}

TEST(FoldsTask, TokensForTheLongestReference) {
  for (const int digits : {2, 8, 12}) {
    const auto task = Folds("big", 2, digits);
    const std::string longest(static_cast<size_t>(digits), '9');
    for (const FoldForm form : {FoldForm::kWorked, FoldForm::kBare, FoldForm::kSecond}) {
      EXPECT_GE(task->max_new_tokens(), static_cast<int>(FoldCompletion(FindFoldOp("big"), longest, form).size()) + 1);
    }
  }
}

// The task's own worked answers as rows.
std::vector<Sample> Rows(const Task& task, const std::vector<Item>& items) {
  std::vector<Sample> rows;
  for (const Item& item : items) {
    rows.push_back({.id = item.id, .prompt = item.prompt, .completion = {{"", *task.Reference(item)}}});
  }
  return rows;
}

// The pilot's curve: .005 .02 .11 .37 .81 at N = 4 8 16 32 64.
TEST(FoldsTask, MemoriserCurveOfBig) {
  const auto task = Folds("big");
  const auto held_out = task->Items(Split::kHeldOut, 1000, 0);
  const std::vector<std::pair<int, double>> pilot = {{4, .005}, {8, .02}, {16, .11}, {32, .37}, {64, .81}};
  for (const auto& [n, expected] : pilot) {
    double mean = 0;
    for (uint64_t seed = 0; seed < 8; ++seed)
      mean += *task->Memoriser(Rows(*task, task->Items(Split::kTrain, n, seed)), held_out) / 8;
    EXPECT_NEAR(mean, expected, 0.01 + 0.1 * expected) << n;
  }
}

TEST(FoldsTask, MemoriserKnowsExactlyTheStepsShown) {
  const auto task = Folds("big", 2, 8);
  const auto row = [](const std::string& prompt, const std::string& completion) {
    return Sample{.id = prompt, .prompt = {{"", prompt}}, .completion = {{"", completion}}};
  };
  const auto item = [](const std::string& prompt, const std::string& answer) {
    return Item{.id = prompt, .prompt = {{"", prompt}}, .answer = answer, .skill = ""};
  };
  const auto score = [&](const std::vector<Sample>& rows, const std::vector<Item>& items) {
    return task->Memoriser(rows, items);
  };
  const Item easy = item("big 47?", "7");
  const Sample seen = row("big 471?", "477 717 A7");
  EXPECT_EQ(score({seen}, {easy, item("big 71?", "7"), item("big 41?", "4")}), 2.0 / 3);
  EXPECT_EQ(score({row("max 471?", "477 717 A7")}, {easy}), 0);      // another operation
  EXPECT_EQ(score({row("big 471!", "A7")}, {easy}), 0);              // an answer without steps
  EXPECT_EQ(score({row("big 471:", "4,7=7 7,1=7 S7")}, {easy}), 1);  // the same steps in other words
  EXPECT_EQ(score({}, {easy}), 0);
  EXPECT_EQ(score({seen}, {}), std::nullopt);
  // A step that is wrong in the rows is remembered as it stands there, and the more frequent of two.
  EXPECT_EQ(score({row("big 471?", "474 414 A4")}, {easy}), 0);
  EXPECT_EQ(score({row("big 47?", "474 A4"), seen, seen}, {easy}), 1);
  // Where the rule asks for the position, a step in second place tells nothing of the first.
  EXPECT_EQ(score({row("oak 471?", "474 414 A4")}, {item("oak 41?", "1"), item("oak 47?", "4")}), 0.5);
}

TEST(FoldsTask, BadConfigsAreErrors) {
  const auto message = [](const FoldsConfig& config) -> std::string {
    try {
      MakeTask(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message({.target = "rule"}), HasSubstr("no fold is named \"rule\""));
  EXPECT_THAT(message({.min_digits = 9}), HasSubstr("min_digits = 9 and max_digits = 8"));
  EXPECT_THAT(message({.min_digits = 1}), HasSubstr("2 <= min_digits"));
  EXPECT_THAT(message({.max_digits = 1000000000}), HasSubstr("<= 64"));
}

TEST(FoldsTask, ContentHashIsStable) {
  EXPECT_EQ(Folds("big")->ContentHash(), Folds("rules", 2, 3)->ContentHash());
  EXPECT_EQ(Folds("big")->ContentHash().size(), 64u);
}

Grade Judge(const std::string& prompt, const std::string& expected, std::string_view answer) {
  return MakeGrader(FoldsConfig{})
      ->Judge({.id = "i", .prompt = {{"", prompt}}, .answer = expected, .skill = "big"}, answer);
}

TEST(FoldsGrader, ValueFormAndSteps) {
  EXPECT_EQ(Judge("big 4729?", "8", "477 727 798 A8"), (Grade{true, 1, 1.0}));
  EXPECT_EQ(Judge("big 4729?", "8", "477 727 797 A7"), (Grade{true, 0, 2.0 / 3}));
  EXPECT_EQ(Judge("big 4729?", "8", "477 727"), (Grade{false, 0, 2.0 / 3}));
  EXPECT_EQ(Judge("big 4729?", "8", "727 477 798 A8"), (Grade{true, 1, 1.0 / 3}));  // positions count
  EXPECT_EQ(Judge("big 4729?", "8", "477 zz 798 A8"), (Grade{true, 1, 2.0 / 3}));
  EXPECT_EQ(Judge("big 4729?", "8", "A8"), (Grade{true, 1, 0.0}));
  EXPECT_EQ(Judge("big 4729?", "8", ""), (Grade{false, 0, 0.0}));
  EXPECT_EQ(Judge("big 4729?", "8", "4,7=7 7,2=7 7,9=8 S8"), (Grade{false, 0, 0.0}));
  EXPECT_EQ(Judge("big 4729:", "8", "4,7=7 7,2=7 7,9=8 S8"), (Grade{true, 1, 1.0}));
  EXPECT_EQ(Judge("big 4729!", "8", "A8"), (Grade{true, 1, std::nullopt}));
  EXPECT_EQ(Judge("big 4729!", "8", "A7"), (Grade{true, 0, std::nullopt}));
  EXPECT_EQ(Judge("a stranger's prompt", "8", "A8"), (Grade{true, 1, std::nullopt}));
}

TEST(FoldsGrader, EveryReferenceIsRight) {
  const auto grader = MakeFoldsGrader();
  for (const std::string& name : AllFoldOps()) {
    const auto task = Folds(name);
    for (const Item& item : task->Items(Split::kHeldOut, 20, 0)) {
      EXPECT_EQ(grader->Judge(item, *task->Reference(item)), (Grade{true, 1, 1.0})) << item.id;
    }
  }
}

TEST(FoldsGrader, AnyDrawOfDiceIsRightWhereOneStepLeadsToTheNext) {
  const auto grader = MakeFoldsGrader();
  const Item item{.prompt = {{"", "dice 472?"}}, .answer = "3"};
  EXPECT_EQ(grader->Judge(item, "478 821 A1").score, 1);
  EXPECT_EQ(grader->Judge(item, "478 821 A1").step_accuracy, 1);
  EXPECT_EQ(grader->Judge(item, "478 821 A3").score, 0) << "not the last result";
  EXPECT_EQ(grader->Judge(item, "478 723 A3").step_accuracy, .5) << "the second step begins elsewhere";
  EXPECT_EQ(grader->Judge(item, "478 A8").score, 0) << "a step is missing";
}

}  // namespace
}  // namespace retort
