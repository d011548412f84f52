// Words and texts from outside: random ones are read or refused, never a crash or a hang; depth is bounded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "core/config/interpolate.h"
#include "core/config/override.h"
#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

bool IsAccepted(const std::string& word) {
  Problems problems;
  const auto parsed = ParseOverride(word, problems);
  return parsed && !problems.any();
}

std::string Repeat(const std::string& piece, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += piece;
  return text;
}

const std::vector<std::string> kPieces = {
    "a",     "b1",   "1",     "2.5", "-", "_",    "$",     "${a}",    "${",   "}",      "{",   "[",
    "]",     "(",    ")",     ",",   ":", "=",    " ",     "\\",      "'",    "\"",     "\\'", "choice(",
    "range", "int(", "sort(", "~",   "+", "@",    "/",     ".",       "null", "true",   "nan", "1e3",
    "glob(", "*",    "???",   "\t",  "é", "tag(", "x=1,2", "oc.env:", "a.b",  "${a.${", "\n"};

std::string RandomWord(std::mt19937& random) {
  std::string word;
  for (unsigned k = random() % 14; k > 0; --k) word += kPieces[random() % kPieces.size()];
  return word;
}

TEST(HostileWords, RandomOnesAreReadOrRefused) {
  std::mt19937 random(7);
  int accepted = 0;
  const std::clock_t begin = std::clock();  // of the processor: others may be at work
  for (int i = 0; i < 20000; ++i) accepted += IsAccepted((i % 4 == 0 ? "" : "x=") + RandomWord(random)) ? 1 : 0;
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 10) << "0.2 s on an idle core";
  EXPECT_GT(accepted, 500);
  EXPECT_LT(accepted, 15000);
}

// What was read, written as Hydra's sweeper writes it, reads as the same value.
TEST(HostileWords, WhatWasReadIsWrittenSoThatItReadsTheSame) {
  std::mt19937 random(11);
  int compared = 0;
  for (int i = 0; i < 20000; ++i) {
    Problems problems;
    const auto parsed = ParseOverride("x=" + RandomWord(random), problems);
    if (!parsed || !parsed->value || parsed->sweep() != nullptr || parsed->text.find('(') != std::string::npos)
      continue;
    const auto again = ParseOverride("x=" + ValueText(*parsed->value), problems);
    ASSERT_FALSE(problems.any()) << parsed->text << " -> " << ValueText(*parsed->value);
    EXPECT_EQ(ValueText(*again->value), ValueText(*parsed->value)) << parsed->text;
    ++compared;
  }
  EXPECT_GT(compared, 1000);
}

TEST(HostileWords, RandomTextsAreResolvedOrRefused) {
  std::mt19937 random(13);
  Node known;
  known.table()->emplace("a", Node{.value = std::string("b1")});
  int resolved = 0;
  for (int i = 0; i < 20000; ++i) {
    Problems problems;
    resolved += InterpolateText("${" + RandomWord(random) + "}", known, {}, problems) ? 1 : 0;
  }
  EXPECT_GT(resolved, 10);
  EXPECT_LT(resolved, 10000);
}

TEST(HostileWords, DepthIsBounded) {
  for (const int n : {40, 1000, 100000}) {
    for (const char* piece : {"[", "{a:", "int(", "[{a:", "choice([", "(", "${", "'", "\\"}) {
      EXPECT_NE(ProblemOfOverrides({"x=" + Repeat(piece, n)}), "") << piece << n;
    }
    EXPECT_THAT(ProblemOfOverrides({"x=" + Repeat("[", n) + Repeat("]", n)}), HasSubstr("deep"));
    EXPECT_THAT(ProblemOfOverrides({"x=" + Repeat("int(", n) + "1" + Repeat(")", n)}), HasSubstr("deep"));
    EXPECT_THAT(ProblemOfOverrides({"name='" + Repeat("${", n) + Repeat("}", n) + "'"}), HasSubstr("deep"));
    EXPECT_THAT(ProblemOfOverrides({"name='${oc.select:a," + Repeat("[", n) + Repeat("]", n) + "}'"}),
                HasSubstr("deep"));
    EXPECT_THAT(ProblemOfOverrides({Repeat("a.", n) + "a=1"}), HasSubstr("the key is not of the form"));
  }
}

TEST(HostileWords, LongOnesAreQuick) {
  const int n = 1 << 16;
  for (const char* piece :
       {"a", "1", "1_", "\\\\", "\\", ",", ",a", "a b ", "+", "é", "$", "1e", "'a',", "${a}", "a:"}) {
    IsAccepted("x=" + Repeat(piece, n));
    IsAccepted("x=[" + Repeat(piece, n));
    IsAccepted("x='" + Repeat(piece, n) + "'");
  }
}

}  // namespace
}  // namespace retort
