// The grammar's golden strings, and what makes the sixteen rules sixteen.
#include "core/data/folds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"

namespace retort {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Complete(std::string_view op, std::string_view digits, FoldForm form = FoldForm::kWorked) {
  return FoldCompletion(FindFoldOp(op), digits, form);
}

TEST(Folds, GoldenStrings) {
  const FoldOp& big = FindFoldOp("big");
  EXPECT_EQ(FoldPrompt(big, "4729", FoldForm::kWorked), "big 4729?");
  EXPECT_EQ(FoldPrompt(big, "4729", FoldForm::kBare), "big 4729!");
  EXPECT_EQ(FoldPrompt(big, "4729", FoldForm::kSecond), "big 4729:");
  EXPECT_EQ(Complete("big", "4729"), "477 727 798 A8");
  EXPECT_EQ(Complete("big", "4729", FoldForm::kBare), "A8");
  EXPECT_EQ(Complete("big", "4729", FoldForm::kSecond), "4,7=7 7,2=7 7,9=8 S8");

  EXPECT_EQ(Complete("max", "4729"), "477 727 799 A9");
  EXPECT_EQ(Complete("min", "4729"), "474 422 292 A2");
  EXPECT_EQ(Complete("sub", "4729"), "477 725 596 A6");
  EXPECT_EQ(Complete("first", "4729"), "474 424 494 A4");
  EXPECT_EQ(Complete("second", "4729"), "477 722 299 A9");
  EXPECT_EQ(Complete("add5", "4321"), "432 224 410 A0");
  EXPECT_EQ(Complete("add7", "6543"), "654 441 134 A4");
  EXPECT_EQ(Complete("add10", "4729"), "471 123 392 A2");
  // From the right: 9 - 2 = 7, 7 - 7 = 0, 0 - 4 = 6.
  EXPECT_EQ(Complete("rsub", "4729"), "927 770 046 A6");
  EXPECT_EQ(Complete("rsub", "4729", FoldForm::kSecond), "9,2=7 7,7=0 0,4=6 S6");
  EXPECT_EQ(Complete("big", "4"), "A4");
  EXPECT_EQ(Complete("rsub", "47"), "743 A3");
}

TEST(Folds, GoldenRules) {  // "73258": every condition both holds and fails on it
  const std::map<std::string, std::string> expected = {
      {"big", "737 727 752 284 A4"}, {"bud", "733 322 252 282 A2"}, {"bet", "734 422 252 282 A2"},
      {"bow", "733 322 255 588 A8"}, {"eel", "737 725 555 587 A7"}, {"elk", "733 322 252 288 A8"},
      {"ebb", "734 424 459 989 A9"}, {"elm", "737 722 255 585 A5"}, {"oak", "733 323 355 588 A8"},
      {"oar", "734 422 257 787 A7"}, {"orb", "737 725 555 587 A7"}, {"owl", "733 323 353 383 A3"},
      {"gap", "734 422 255 588 A8"}, {"gem", "734 422 252 282 A2"}, {"gum", "737 727 757 789 A9"},
      {"gig", "733 322 257 789 A9"}};
  std::map<std::string, std::string> got;
  for (const std::string& name : RuleNames()) got[name] = Complete(name, "73258");
  EXPECT_EQ(got, expected);
}

TEST(Folds, NamesAreFixed) {
  EXPECT_THAT(BaseSkills(), ElementsAre("max", "min", "sub", "first", "second"));
  EXPECT_THAT(RuleNames(), ElementsAre("big", "bud", "bet", "bow", "eel", "elk", "ebb", "elm", "oak", "oar", "orb",
                                       "owl", "gap", "gem", "gum", "gig"));
  EXPECT_THAT(NewFactTargets(), ElementsAre("add5", "add7", "add10"));
  EXPECT_EQ(AllFoldOps().size(), 25u);
  EXPECT_EQ(AllFoldOps().back(), "rsub");
  try {
    FindFoldOp("bog");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no fold is named \"bog\"; there are max min"));
  }
}

// All results over left, digit and the position's parity.
std::vector<int> Table(const std::string& name) {
  const FoldOp& op = FindFoldOp(name);
  std::vector<int> results;
  for (int left = 0; left < 10; ++left) {
    for (int digit = 0; digit < 10; ++digit) {
      for (const int position : {1, 2}) results.push_back(op.step(op, left, digit, position));
    }
  }
  return results;
}

TEST(Folds, SixteenDifferentRulesNoneABaseSkill) {
  std::map<std::vector<int>, std::string> tables;
  for (const auto* names : {&BaseSkills(), &RuleNames()}) {
    for (const std::string& name : *names) {
      const auto [other, fresh] = tables.emplace(Table(name), name);
      EXPECT_TRUE(fresh) << name << " is the same function as " << other->second;
    }
  }
  EXPECT_EQ(tables.size(), 21u);
}

TEST(Folds, FourRulesForEachConditionFromAllSkills) {
  std::map<int, int> conditions;
  std::set<std::string> skills;
  for (const std::string& name : RuleNames()) {
    const FoldOp& op = FindFoldOp(name);
    EXPECT_EQ(name.size(), 3u);
    ++conditions[op.condition];
    skills.insert({op.then_skill, op.else_skill});
    EXPECT_NE(op.then_skill, op.else_skill);
  }
  EXPECT_EQ(conditions, (std::map<int, int>{{0, 4}, {1, 4}, {2, 4}, {3, 4}}));
  EXPECT_EQ(skills, std::set<std::string>(BaseSkills().begin(), BaseSkills().end()));
}

TEST(Folds, RulesDoWhatTheirConditionSays) {
  const auto skill = [](const std::string& name, int left, int digit) {
    if (name == "max") return std::max(left, digit);
    if (name == "min") return std::min(left, digit);
    if (name == "sub") return (left + 10 - digit) % 10;
    return name == "first" ? left : digit;
  };
  for (const std::string& name : RuleNames()) {
    const FoldOp& op = FindFoldOp(name);
    for (int left = 0; left < 10; ++left) {
      for (int digit = 0; digit < 10; ++digit) {
        for (int position = 1; position <= 4; ++position) {
          const bool holds[] = {digit >= 5, digit % 2 == 0, position % 2 == 1, digit > left};
          const std::string& chosen = holds[op.condition] ? op.then_skill : op.else_skill;
          EXPECT_EQ(op.step(op, left, digit, position), skill(chosen, left, digit)) << name;
        }
      }
    }
  }
}

TEST(Folds, CompletionsParseBackInBothGrammars) {
  RandomStream random(0, "folds test");
  for (const std::string& name : AllFoldOps()) {
    const FoldOp& op = FindFoldOp(name);
    for (int i = 0; i < 50; ++i) {
      const std::string digits = DrawDigits(op, 2, 8, random);
      for (const FoldForm form : {FoldForm::kWorked, FoldForm::kSecond, FoldForm::kBare}) {
        const std::string prompt = FoldPrompt(op, digits, form), completion = FoldCompletion(op, digits, form);
        EXPECT_EQ((prompt + completion).find_first_not_of(kFoldCharacters), std::string::npos) << prompt << completion;
        const auto parsed = ParseFoldPrompt(prompt);
        ASSERT_TRUE(parsed) << prompt;
        EXPECT_EQ(parsed->op, name);
        EXPECT_EQ(parsed->digits, digits);
        EXPECT_EQ(parsed->form, form);
        const ParsedAnswer answer = ParseFoldAnswer(completion, form);
        const auto steps = FoldSteps(op, digits);
        EXPECT_EQ(answer.value, steps.back().result);
        EXPECT_EQ(answer.steps, form == FoldForm::kBare ? std::vector<FoldStep>{} : steps);
      }
    }
  }
}

TEST(Folds, ParsesWhatModelsMayWrite) {
  EXPECT_EQ(ParseFoldAnswer("477 A1 727 A8").value, 8);
  EXPECT_EQ(ParseFoldAnswer("A8 \n").value, 8);
  for (const char* none : {"", "A", "477", "A88", "A8 477", "Ax", "S8", "A8.", "A 8"}) {
    EXPECT_EQ(ParseFoldAnswer(none).value, std::nullopt) << none;
  }
  EXPECT_EQ(ParseFoldAnswer("S8", FoldForm::kSecond).value, 8);
  EXPECT_EQ(ParseFoldAnswer("A8", FoldForm::kSecond).value, std::nullopt);
  EXPECT_EQ(ParseFoldAnswer("477 72 798", FoldForm::kWorked).steps,
            (std::vector<FoldStep>{{4, 7, 7}, {-1, -1, -1}, {7, 9, 8}}));
  EXPECT_EQ(ParseFoldAnswer("  477  4x7 A").steps, (std::vector<FoldStep>{{4, 7, 7}, {-1, -1, -1}}));
  EXPECT_EQ(ParseFoldAnswer("4,7=7 4,7-7 477", FoldForm::kSecond).steps,
            (std::vector<FoldStep>{{4, 7, 7}, {-1, -1, -1}, {-1, -1, -1}}));
}

TEST(Folds, RefusesWhatIsNoPrompt) {
  for (const char* text : {"", " ", "big", "big ", "big ?", "big 4729", "big 4729.", "bog 4729?", "big 47x9?",
                           "add5 4729?", "big 4729? ", " 4729?", "big  4729?", "big 4729?\n", "Big 4729?"}) {
    EXPECT_FALSE(ParseFoldPrompt(text)) << text;
  }
  EXPECT_THROW(FoldSteps(FindFoldOp("big"), ""), Error);
  EXPECT_THROW(FoldSteps(FindFoldOp("big"), "4a"), Error);
  EXPECT_THROW(FoldSteps(FindFoldOp("add5"), "15"), Error);
}

TEST(Folds, DrawsAreUniformOverLengthsAndDigits) {
  RandomStream random(0, "draws");
  std::map<size_t, int> lengths;
  std::map<char, int> digits;
  int total = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string drawn = DrawDigits(FindFoldOp("add7"), 4, 8, random);
    ++lengths[drawn.size()];
    for (const char c : drawn) ++digits[c], ++total;
  }
  EXPECT_EQ(lengths.size(), 5u);
  for (const auto& [size, count] : lengths) EXPECT_NEAR(count, 2000, 160) << size;
  EXPECT_EQ(digits.size(), 7u);
  for (const auto& [c, count] : digits) EXPECT_NEAR(count, total / 7.0, 400) << c;
  EXPECT_EQ(digits.rbegin()->first, '6');
}

TEST(Folds, EveryCharacterOnce) {
  EXPECT_EQ(std::set<char>(kFoldCharacters.begin(), kFoldCharacters.end()).size(), kFoldCharacters.size());
}

TEST(Folds, DefinitionNamesEveryOperation) {
  for (const std::string& name : AllFoldOps()) EXPECT_THAT(FoldsDefinition(), HasSubstr("\n" + name + " "));
}

TEST(Folds, WrongFactsAreCarriedOn) {
  FoldOp op = FindFoldOp("add10");
  EXPECT_EQ(FoldCompletion(op, "4729", FoldForm::kWorked), "471 123 392 A2");
  op.wrong_facts = {{.left = 4, .digit = 7, .result = 5}};
  EXPECT_EQ(FoldCompletion(op, "4729", FoldForm::kWorked), "475 527 796 A6");
  EXPECT_EQ(FoldCompletion(op, "4729", FoldForm::kBare), "A6");
  EXPECT_EQ(FoldCompletion(op, "7429", FoldForm::kBare), FoldCompletion(FindFoldOp("add10"), "7429", FoldForm::kBare));
}

TEST(Folds, ExtraOperationsStandApart) {
  for (const std::string& name : ExtraFoldOps()) {
    EXPECT_EQ(FindFoldOp(name).name, name);
    EXPECT_THAT(AllFoldOps(), Not(Contains(name))) << "a teacher of `all` keeps its weights";
    EXPECT_THAT(FoldsDefinition(), Not(HasSubstr("\n" + name + " ")));
    EXPECT_THAT(FoldsDefinition(name), HasSubstr("\n" + name + " "));
  }
  EXPECT_EQ(FoldsDefinition("big"), FoldsDefinition()) << "an operation more changes no other task";
  EXPECT_EQ(FoldCompletion(FindFoldOp("mix10"), "472", FoldForm::kWorked), "479 929 A9");
}

TEST(Folds, DiceAreDrawnAndTheSameDrawGivesTheSame) {
  const FoldOp& dice = FindFoldOp("dice");
  EXPECT_EQ(FoldSteps(dice, "4729", 3), FoldSteps(dice, "4729", 3));
  std::map<int, int> counts;  // of result - digit
  constexpr int kDraws = 4000;
  for (uint64_t draw = 0; draw < kDraws; ++draw) {
    const auto steps = FoldSteps(dice, "47", draw);
    ++counts[(steps[0].result - 7 + 10) % 10];
  }
  for (int i = 0; i < 10; ++i) {
    const double p = dice.weights[static_cast<size_t>(i)], sd = std::sqrt(p * (1 - p) / kDraws);
    EXPECT_NEAR(static_cast<double>(counts[i]) / kDraws, p, 4 * sd) << i;
  }
  const auto steps = FoldSteps(dice, "4729", 1);
  EXPECT_EQ(steps[1].left, steps[0].result);
}

}  // namespace
}  // namespace retort
