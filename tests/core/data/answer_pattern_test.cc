// Patterns over texts that a stranger chose: the work is bounded, and who asks says what a limit means.
#include "core/data/answer_pattern.h"

#include <gtest/gtest.h>

namespace retort {
namespace {

TEST(AnswerPattern, WhatCannotBeToldIsNoAnswerAndMayBeAMatch) {
  const AnswerPattern catastrophic(R"(((a+)+)+b)");
  const std::string text = std::string(5000, 'a') + "cb";
  EXPECT_EQ(catastrophic.Last(text), std::nullopt);
  EXPECT_TRUE(catastrophic.MayMatch(text));
  EXPECT_TRUE(catastrophic.MayMatch("xaab"));
  EXPECT_FALSE(catastrophic.MayMatch("xaac"));
  EXPECT_FALSE(catastrophic.MayMatch(""));
}

// From each place a little, of the whole much: the sum is bounded too, and a plain pattern reads any length.
TEST(AnswerPattern, ALongTextIsBoundedAsAWhole) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "make ";
  EXPECT_TRUE(AnswerPattern(R"((make\s+(\w+\s+)*bomb))").MayMatch(text + "tea, bomb"))
      << "no match, and not to be told";
  EXPECT_FALSE(AnswerPattern(R"(((?i)\b(bombs?|weapons?)\b))").MayMatch(text + "tombs"));
  EXPECT_TRUE(AnswerPattern(R"(((?i)\b(bombs?|weapons?)\b))").MayMatch(text + "bomb"));
}

TEST(AnswerPattern, BrokenUtf8DoesNoHarm) {
  const AnswerPattern pattern("(b+)");
  EXPECT_TRUE(
      pattern.MayMatch("\xff\xfe"
                       "b\xed\xa0"));
  EXPECT_FALSE(pattern.MayMatch("\xff\xfe\xed\xa0"));
}

}  // namespace
}  // namespace retort
