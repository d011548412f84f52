// What each grader takes for the answer.
#include "core/data/grader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/answer_text.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Grader> Named(const std::string& grader, const std::string& pattern = "") {
  return MakeGrader(
      JsonlConfig{.path = "", .held_out_path = "", .system = "", .grader = grader, .grader_pattern = pattern});
}

Grade Judge(Grader& grader, const std::string& expected, std::string_view answer) {
  return grader.Judge({.id = "i", .prompt = {}, .answer = expected, .skill = ""}, answer);
}

constexpr Grade kRight{true, 1}, kWrong{true, 0}, kUnparsed{false, 0};

TEST(ExactGrader, TrimsWhiteSpaceAndNothingElse) {
  const auto grader = Named("exact");
  EXPECT_EQ(Judge(*grader, "Paris", " \tParis\n"), kRight);
  EXPECT_EQ(Judge(*grader, "Paris ", "Paris"), kRight);
  EXPECT_EQ(Judge(*grader, "Paris", "paris"), kWrong);
  EXPECT_EQ(Judge(*grader, "Paris", "Paris."), kWrong);
  EXPECT_EQ(Judge(*grader, "Paris", " \n"), kUnparsed);
}

TEST(FinalNumberGrader, FindsTheNumber) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"#### 18", "18"},
      {"He has 3 + 4 = 7.\n#### 7", "7"},
      {"#### 5\nthen #### 6 and 7", "6"},
      {"#### $1,234.50", "1234.5"},
      {"####18", "18"},
      {"#### -3", "-3"},
      {"####-3", "-3"},
      {"7 ####", "7"},
      {"A: 18", "18"},
      {"The answer is 18.", "18"},
      {"it costs $18.00", "18"},
      {"-$5", "-5"},
      {"$-5", "-5"},
      {"50%", "50"},
      {"1,000", "1000"},
      {"1,000,000.250", "1000000.25"},
      {"1,2345", "2345"},
      {"12,34", "34"},
      {"1234,567", "567"},
      {"1, 2, 3", "3"},
      {"5-3", "3"},
      {"5 - 3", "3"},
      {"5 -3", "-3"},
      {"(-3)", "-3"},
      {"x=-3", "-3"},
      {"a 10-year-old", "10"},
      {"-0", "0"},
      {"-0.00", "0"},
      {"007", "7"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"0.50", "0.5"},
      {"3.14.15", "15"},
      {"1/2", "2"},
      {"99999999999999999999999999999999.1", "99999999999999999999999999999999.1"},
      {"18 \xff\xfe", "18"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(FinalNumber(text), expected) << text;
  for (const char* none : {"", "none", "####", "-", "$", ".", "-.", ",", "%"}) EXPECT_FALSE(FinalNumber(none)) << none;
}

TEST(FinalNumberGrader, ComparesExactly) {
  const auto grader = Named("final_number");
  EXPECT_EQ(Judge(*grader, "18", "#### 18.00"), kRight);
  EXPECT_EQ(Judge(*grader, "1,000", "so 1000"), kRight);
  EXPECT_EQ(Judge(*grader, "-0", "0"), kRight);
  EXPECT_EQ(Judge(*grader, "18", "#### 19"), kWrong);
  EXPECT_EQ(Judge(*grader, "18", "-18"), kWrong);
  EXPECT_EQ(Judge(*grader, "18", "eighteen"), kUnparsed);
  EXPECT_EQ(Judge(*grader, "9007199254740993", "9007199254740992"), kWrong);  // equal as doubles
  EXPECT_EQ(Judge(*grader, "0.1", "0.1000000000000000055"), kWrong);          // likewise
}

TEST(ChoiceGrader, FindsTheLetter) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"B", "B"},
      {" B\n", "B"},
      {"B.", "B"},
      {"(B)", "B"},
      {"B) because the sky is blue", "B"},
      {"B. The sky", "B"},
      {"**B**", "B"},
      {"The answer is B", "B"},
      {"The answer is (B).", "B"},
      {"The answer is: B because A and C are wrong.", "B"},
      {"Answer: C", "C"},
      {"answer is **D**", "D"},
      {"(A) is wrong and so is (C). The answer is B.", "B"},
      {"First I thought the answer is A. No: the answer is C.", "C"},
      {"(A) no, (B) yes", "B"},
      {"It must be C.", "C"},
      {"I think it is B", "B"},
  };
  const auto grader = Named("choice");
  for (const auto& [text, expected] : cases) EXPECT_EQ(Judge(*grader, expected, text), kRight) << text;
  for (const char* none : {"", "b", "none of these", "A dog barks at night", "I am not sure", "NaN", "ABC"}) {
    EXPECT_EQ(Judge(*grader, "A", none), kUnparsed) << none;
  }
  EXPECT_EQ(Judge(*grader, "A", "(B)"), kWrong);
}

TEST(RegexGrader, TakesGroupOneOfTheLastMatch) {
  const auto grader = Named("regex", R"(\\boxed\{([^}]*)\})");
  EXPECT_EQ(Judge(*grader, "7", R"(\boxed{3} or rather \boxed{7} it is)"), kRight);
  EXPECT_EQ(Judge(*grader, "3", R"(\boxed{3} or rather \boxed{7} it is)"), kWrong);
  EXPECT_EQ(Judge(*grader, "3", "3"), kUnparsed);
  EXPECT_EQ(Judge(*Named("regex", "(?:a|b(.))"), "x", "bx a"), kRight);  // the last in which the group took part
  EXPECT_EQ(Judge(*Named("regex", "(é+)"), "éé", "café éé \xff"), kRight);
  EXPECT_EQ(Judge(*Named("regex", "(x*)"), "", "ééé"), kWrong);  // empty matches come to an end
  EXPECT_EQ(Judge(*Named("regex", "(a)b\\K"), "a", "abab"), kRight);
}

TEST(RegexGrader, ABadPatternIsAnErrorWithItsOffset) {
  const auto message = [](const std::string& pattern) -> std::string {
    try {
      Named("regex", pattern);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message("(abc"), testing::AllOf(HasSubstr("\"(abc\""), HasSubstr("at offset 4")));
  EXPECT_THAT(message("[z-a](x)"), HasSubstr("at offset"));
  EXPECT_THAT(message("\xff(x)"), HasSubstr("no regular expression"));
  EXPECT_THAT(message("answer"), HasSubstr("put the answer in ( )"));
  EXPECT_THAT(message(""), HasSubstr("task.grader_pattern is missing"));
}

TEST(RegexGrader, ACatastrophicPatternCountsAsUnparsed) {
  const double start = MonotonicSeconds();
  EXPECT_EQ(Judge(*Named("regex", "^(a+)+$"), "a", std::string(5000, 'a') + "b"), kUnparsed);
  EXPECT_EQ(Judge(*Named("regex", "(.*)(.*)(.*)(.*)x"), "a", std::string(5000, 'a')), kUnparsed);
  EXPECT_LT(MonotonicSeconds() - start, 20);
}

TEST(Graders, AnyBytesAreGraded) {
  RandomStream random(0, "bytes");
  const auto regex = Named("regex", "(\\w+)\\W*$");
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (uint64_t k = random.Below(40); k > 0; --k) {
      text += random.Below(2) == 0 ? "#$%-.,0123456789()A answer"[random.Below(26)] : static_cast<char>(random.Next());
    }
    for (const auto& grader : {Named("exact"), Named("final_number"), Named("choice"), MakeFoldsGrader()}) {
      Judge(*grader, "7", text);
    }
    Judge(*regex, "7", text);
    // A number's canonical form is its own canonical form.
    if (const auto number = FinalNumber(text)) {
      EXPECT_EQ(FinalNumber(*number), number) << *number;
    }
  }
}

TEST(MakeGrader, FitsTheTask) {
  EXPECT_EQ(Judge(*MakeGrader(JsonlConfig{}), "1000", "#### 1,000"), kRight);
  EXPECT_EQ(Judge(*MakeGrader(JsonlConfig{.grader = "exact"}), "1000", "#### 1,000"), kWrong);
  EXPECT_EQ(Judge(*MakeGrader(JsonlConfig{.grader = "choice"}), "B", "(B)"), kRight);
  EXPECT_EQ(Judge(*MakeGrader(JsonlConfig{.grader = "regex", .grader_pattern = "=(.)"}), "B", "=B"), kRight);
  EXPECT_EQ(Judge(*MakeGrader(FoldsConfig{}), "8", "A8"), kRight);
  EXPECT_THROW(MakeGrader(JsonlConfig{.grader = "f1"}), Error);
}

}  // namespace
}  // namespace retort
