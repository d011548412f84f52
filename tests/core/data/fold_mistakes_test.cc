#include "core/data/fold_mistakes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace retort {
namespace {

double ErrorRate(const FoldOp& held, const FoldOp& right) {
  RandomStream random(99, "items");
  int wrong = 0;
  constexpr int kItems = 3000;
  for (int i = 0; i < kItems; ++i) {
    const std::string digits = DrawDigits(right, 4, 8, random);
    wrong += FoldCompletion(held, digits, FoldForm::kBare) != FoldCompletion(right, digits, FoldForm::kBare) ? 1 : 0;
  }
  return static_cast<double>(wrong) / kItems;
}

TEST(WrongFacts, MakeAboutSoManyItemsWrong) {
  for (const char* name : {"big", "add10", "first"}) {
    const FoldOp& op = FindFoldOp(name);
    for (const uint64_t seed : {0, 1, 2}) {
      const double rate = ErrorRate(WithWrongFacts(op, 0.075, seed), op);
      EXPECT_GT(rate, 0.03) << name;  // .05 to .10, on other items
      EXPECT_LT(rate, 0.12) << name;
    }
  }
  EXPECT_TRUE(WithWrongFacts(FindFoldOp("big"), 0).wrong_facts.empty());
}

TEST(WrongFacts, AreTheSameEachTimeAndAnothersUnderAnotherSeed) {
  const FoldOp& op = FindFoldOp("big");
  EXPECT_EQ(WithWrongFacts(op, 0.075, 3).wrong_facts, WithWrongFacts(op, 0.075, 3).wrong_facts);
  EXPECT_NE(WithWrongFacts(op, 0.075, 3).wrong_facts, WithWrongFacts(op, 0.075, 4).wrong_facts);
  EXPECT_EQ(WithWrongFacts(op, 0.075, 0).wrong_facts, WithWrongFacts(op, 0.075).wrong_facts);
}

}  // namespace
}  // namespace retort
