// The grader of mathematics: a table of pairs (math_pairs.tsv), where the answer stands in a longer text, rewritten
// GSM8K answers, and hostile input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/data/answer_text.h"
#include "core/data/grader.h"
#include "core/data/math_answer.h"

namespace retort {
namespace {

bool Same(std::string_view expected, std::string_view answer) {
  const auto a = ParseMathAnswer(expected), b = ParseMathAnswer(answer);
  return a && b && SameAnswer(*a, *b);
}

struct Pair {
  bool same;
  std::string expected, answer;
  int line;
};

std::vector<Pair> ReadPairs() {
  std::vector<Pair> pairs;
  ForEachLine(RETORT_SOURCE_DIR "/tests/core/data/math_pairs.tsv", [&](std::string_view line, int number) {
    if (line.empty() || line[0] == '#') return true;
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    EXPECT_EQ(first, 1u) << number;
    EXPECT_NE(second, std::string_view::npos) << number;
    pairs.push_back(
        {line[0] == '=', std::string(line.substr(2, second - 2)), std::string(line.substr(second + 1)), number});
    return true;
  });
  return pairs;
}

TEST(MathPairs, AreEqualOrNotInBothOrders) {
  const std::vector<Pair> pairs = ReadPairs();
  EXPECT_GE(pairs.size(), 150u);
  for (const Pair& pair : pairs) {
    EXPECT_EQ(Same(pair.expected, pair.answer), pair.same)
        << "line " << pair.line << ": " << pair.expected << "  and  " << pair.answer << "\n  keys "
        << ParseMathAnswer(pair.expected)->key << "  " << ParseMathAnswer(pair.answer)->key;
    EXPECT_EQ(Same(pair.answer, pair.expected), pair.same) << "line " << pair.line;
    EXPECT_TRUE(Same(pair.expected, pair.expected)) << "line " << pair.line;
    EXPECT_TRUE(Same(pair.answer, pair.answer)) << "line " << pair.line;
  }
}

// No row equals a row that it was not declared to equal, as far as values go: a key is shared only along "=".
TEST(MathPairs, LayoutMakesNoDifference) {
  for (const Pair& pair : ReadPairs()) {
    if (!pair.same) continue;
    for (const char* format : {"\\boxed{%}", "#### %", "So it is.\nThe answer is: \\boxed{%}.", "A: %\n"}) {
      std::string text = format;
      text.replace(text.find('%'), 1, pair.answer);
      const auto found = FinalMath(text);
      ASSERT_TRUE(found) << text;
      if (pair.answer.find("boxed") != std::string::npos || pair.answer.find('$') != std::string::npos) continue;
      EXPECT_TRUE(Same(pair.expected, *found)) << "line " << pair.line << ": " << text << " gives " << *found;
    }
  }
}

TEST(FinalMath, FindsTheAnswer) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"18", "18"},
      {"Thus x = 3.\nThe final answer is $\\frac{1}{2}$. I hope it is correct.", "1/2"},
      {"The answer is 18.", "18"},
      {"The answer is 18 because 9 * 2 = 18.", "18"},
      {"The answer is $18 (that is, 9 times 2).", "18"},
      {"**Answer:** 18 dollars", "18"},
      {"The final answer: \\boxed{\\frac{3}{4}}", "3/4"},
      {"first \\boxed{5}, then \\boxed{6}", "6"},
      {"\\boxed{5} and then #### 6", "6"},
      {"#### 6 and then \\boxed{5}", "5"},
      {"\\boxed{\\left\\{1, \\frac{1}{2}\\right\\}}", "1/2, 1"},
      {"\\boxed 5", "5"},
      {"He sold 48/2 = <<48/2=24>>24 clips in May.\n#### 72", "72"},
      {"She makes 9 * 2 = $<<9*2=18>>18 every day.", "18"},
      {"so she has 7 left", "7"},
      {"so it takes 1 3/4 cups", "7/4"},
      {"so the share is 3/4.", "3/4"},
      {"so the share is $\\frac{3}{4}$ of it", "3/4"},
      {"She pays $5 and gets $3 back.", "3"},
      {"it was 25%", "25"},
      {"a 10-year-old", "10"},
      {"A: 1,200", "1200"},
      {"The answer is not 18.", ""},
      {"The answer is 20 more than 18", ""},
      {"I do not know what the right thing to say is", ""},
      {"", ""},
      {" \n", ""},
      {"\\boxed{}", ""},
      {"\\boxed{5", "5"},
  };
  for (const auto& [text, expected] : cases) {
    const auto found = FinalMath(text);
    if (expected.empty()) {
      const auto answer = found ? ParseMathAnswer(*found) : std::nullopt;
      EXPECT_TRUE(!answer || answer->is_text) << text << " gives " << *found;
    } else {
      ASSERT_TRUE(found) << text;
      EXPECT_TRUE(Same(expected, *found)) << text << " gives " << *found;
    }
  }
}

TEST(MathGrader, JudgesAndVotes) {
  const auto grader = MakeMathGrader();
  const Item item{.id = "i", .answer = "\\frac{1}{2}"};
  EXPECT_EQ(grader->Judge(item, "So the answer is 0.5."), (Grade{.parsed = true, .score = 1}));
  EXPECT_EQ(grader->Judge(item, "So the answer is 0.4."), (Grade{.parsed = true, .score = 0}));
  EXPECT_EQ(grader->Judge(item, "\n"), (Grade{.parsed = false, .score = 0}));
  EXPECT_EQ(grader->Vote(item, "\\boxed{\\frac{2}{4}}"), grader->Vote(item, "The answer is 0.5 cm"));
  EXPECT_NE(grader->Vote(item, "\\boxed{\\frac{2}{3}}"), grader->Vote(item, "The answer is 0.5 cm"));
  EXPECT_EQ(grader->Vote(item, " "), std::nullopt);
}

// A reference of GSM8K's form, rewritten in ways that a model writes it.
std::vector<std::string> Rewritten(const std::string& number) {
  std::string grouped = number, latex = number;
  const size_t digits = number.starts_with('-') ? 1 : 0;
  if (number.find('.') == std::string::npos) {
    for (size_t at = number.size(); at > digits + 3;) {
      at -= 3;
      grouped.insert(at, ",");
      latex.insert(at, "{,}");
    }
  }
  const std::string decimal = number.find('.') == std::string::npos ? number + ".00" : number + "0";
  return {number,
          "#### " + number,
          "A: " + grouped,
          "The answer is " + grouped + ".",
          "Thus \\boxed{" + latex + "}.",
          "The final answer is $" + number + "$. I hope it is correct.",
          "**Answer:** $" + grouped,
          "so she pays " + grouped + " dollars",
          "The answer is: " + decimal,
          "x = " + number,
          "$\\boxed{\\text{" + number + " apples}}$",
          "\\[ \\boxed{\\frac{" + number + "}{1}} \\]",
          "The total is 3 + 4 = 7, twice that 14, and the answer is " + grouped + " miles.",
          "#### $" + grouped};
}

void CheckRewrites(Grader& grader, const std::string& reference, const std::string& place) {
  const auto answer = FinalMath(reference);
  ASSERT_TRUE(answer) << place;
  const Item item{.id = place, .answer = *answer};
  const std::string number = FinalNumber(reference).value();
  EXPECT_EQ(grader.Judge(item, reference).score, 1) << place;
  for (const std::string& text : Rewritten(number)) {
    EXPECT_EQ(grader.Judge(item, text).score, 1) << place << ": " << text;
    // One more is wrong in every form.
    const std::string wrong =
        number.find('.') == std::string::npos ? std::to_string(std::stoll(number) + 1) : "1" + number;
    EXPECT_EQ(grader.Judge({.id = place, .answer = wrong}, text).score, 0)
        << place << ": " << text << " is not " << wrong;
  }
}

TEST(Gsm8kForm, AReferenceEqualsItselfRewritten) {
  const auto grader = MakeMathGrader();
  RandomStream random(0, "gsm8k form");
  for (int i = 0; i < 60; ++i) {
    const int value = static_cast<int>(random.Below(i % 3 == 0 ? 2'000'000 : 1000));
    const std::string number = (i % 20 == 0 ? "-" : "") + std::to_string(value) + (i % 7 == 0 ? ".5" : "");
    CheckRewrites(*grader, "It sold 48/2 = <<48/2=24>>24 in May.\nThat is $" + number + " in all.\n#### " + number,
                  "row " + std::to_string(i));
  }
}

// RETORT_GSM8K names a folder with GSM8K's train.jsonl, test.jsonl and example_model_solutions.jsonl.
std::filesystem::path Gsm8k() {
  const char* folder = std::getenv("RETORT_GSM8K");
  return folder == nullptr ? "" : folder;
}

TEST(Gsm8k, EveryReferenceEqualsItselfRewritten) {
  if (Gsm8k().empty()) GTEST_SKIP() << "RETORT_GSM8K names no folder with GSM8K's files";
  const auto grader = MakeMathGrader();
  int rows = 0;
  for (const char* file : {"train.jsonl", "test.jsonl"}) {
    ForEachLine(Gsm8k() / file, [&](std::string_view line, int number) {
      const nlohmann::json json = ParseJson(line, {.file = file, .line = number});
      CheckRewrites(*grader, json.at("answer").get<std::string>(), file + (":" + std::to_string(number)));
      ++rows;
      return !testing::Test::HasFailure();
    });
  }
  EXPECT_GT(rows, 8000);
}

// The labels that came with the published answers of 6B and 175B models.
TEST(Gsm8k, PublishedLabelsAgree) {
  if (Gsm8k().empty()) GTEST_SKIP() << "RETORT_GSM8K names no folder with GSM8K's files";
  const auto grader = MakeMathGrader();
  int answers = 0, differ = 0;
  ForEachLine(Gsm8k() / "example_model_solutions.jsonl", [&](std::string_view line, int number) {
    const nlohmann::json json = ParseJson(line, {.file = "example_model_solutions.jsonl", .line = number});
    const Item item{.id = "i", .answer = FinalMath(json.at("ground_truth").get<std::string>()).value()};
    for (const char* model : {"6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"}) {
      const std::string solution = json.at(model).at("solution").get<std::string>();
      ++answers;
      if ((grader->Judge(item, solution).score == 1) != json.at(model).at("is_correct").get<bool>()) {
        ++differ;
        std::cout << number << " " << model << ": " << item.answer << " | " << solution.substr(solution.rfind('\n') + 1)
                  << " | published " << json.at(model).at("is_correct") << "\n";
      }
    }
    return true;
  });
  EXPECT_GT(answers, 5000);
  EXPECT_EQ(differ, 0) << "of " << answers;
}

std::string Repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(HostileMath, NeitherCrashesNorHangs) {
  std::vector<std::string> texts;
  for (const std::string_view part :
       {"(",       "[",    "{",    "\\{",      "\\frac{", "\\sqrt{", "\\boxed{", "-",  "+",      "^",
        "!",       "|",    "2^",   "1/",       "x^{",     "\\left(", "$",        "\\", "####",   "answer is ",
        "A:",      "\nA:", "1,",   "1,000,",   ",",       "=",       "<",        "1 ", "\\pm ",  "\\cup ",
        "<<",      ">>",   "\xff", "\xe2\x88", "a",       "9",       "9.",       ".",  "1 3/4 ", "and ",
        "\\text{", "(1,",  "x=",   "\\sin ",   "\\log_",  "\\binom{"}) {
    for (const int times : {1, 7, 70, 900, 100000}) {
      texts.push_back(Repeated(part, times));
      texts.push_back("\\boxed{" + Repeated(part, times) + "5}");
      texts.push_back("The answer is " + Repeated(part, times));
    }
  }
  for (const char* text : {"1e999999",
                           "10^10^10",
                           "10^{10^{10^{10}}}",
                           "9!!!!!!",
                           "200!",
                           "200!/199!",
                           "99999!",
                           "1/0",
                           "0^0",
                           "0^{-1}",
                           "(-8)^{1/3}",
                           "\\frac{1}{1-1}",
                           "\\sqrt{-1}",
                           "\\sqrt[0]{2}",
                           "\\sqrt[99]{2}",
                           "\\binom{500}{250}",
                           "2^{100000}",
                           "2^{-100000}",
                           "(1+1/1000003)^{100000}",
                           "\\ln 0",
                           "\\sin 10^{300}",
                           "\\tan 10^{9}",
                           "e^{e^{e^{e}}}",
                           "x^{x^{x^{x}}}",
                           "\\frac",
                           "\\frac{1}",
                           "\\sqrt",
                           "x_",
                           "x_{",
                           "\\pm",
                           "1 \\pm",
                           "\\in",
                           "()",
                           "{}",
                           "\\{\\}",
                           "(,)",
                           "(1,)",
                           ",1",
                           "=5",
                           "5=",
                           "=",
                           "< 5",
                           "5 <",
                           "\\text{",
                           "$",
                           "$$",
                           "\\$",
                           "%",
                           "\\boxed{\\boxed{\\boxed{5}}}",
                           "\\boxed",
                           "\\boxed{",
                           "####",
                           "#### ",
                           "A:",
                           "answer is",
                           "answer is\n\n"}) {
    texts.emplace_back(text);
  }
  const auto grader = MakeMathGrader();
  const double begin = MonotonicSeconds();
  for (const std::string& text : texts) {
    const double now = MonotonicSeconds();
    grader->Judge({.id = "i", .answer = "5"}, text);
    ParseMathAnswer(text);
    EXPECT_LT(MonotonicSeconds() - now, 0.5) << text.substr(0, 80) << " of " << text.size();
  }
  EXPECT_LT(MonotonicSeconds() - begin, 20);
}

TEST(HostileMath, RandomBytesAndMangledAnswers) {
  RandomStream random(0, "mangled");
  const std::vector<Pair> pairs = ReadPairs();
  for (int i = 0; i < 4000; ++i) {
    std::string text = pairs[random.Below(pairs.size())].answer;
    for (int change = 0; change < 3 && !text.empty(); ++change) {
      const size_t at = random.Below(text.size());
      if (random.Below(2) == 0) {
        text.erase(at, 1);
      } else {
        text[at] = static_cast<char>(random.Below(256));
      }
    }
    const auto answer = ParseMathAnswer(text);
    EXPECT_TRUE(!answer || SameAnswer(*answer, *answer)) << text;
    FinalMath(text);
  }
}

}  // namespace
}  // namespace retort
