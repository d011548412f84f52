#include "core/report/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/base/files.h"
#include "core/report/index_page.h"
#include "tests/core/base/message_of.h"
#include "tests/core/report/html.h"
#include "tests/core/report/page_json.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
namespace fs = std::filesystem;

// One claim about the folder "few", whose number is `lead`.
std::string Data(const std::string& number,
                 const std::string& more = R"("borne_by": [{"number": "lead", "above": 0}])") {
  return R"({"claims": [{"experiment": "few", "standing": "holds", "verdict": "Holds.", "number": "It is {lead}.",
    "caveat": "Small.", "changes": "More.", "numbers": {"lead": )" +
         number + "}, " + more + R"(}], "words": [{"word": "N", "meaning": "how many"}],
    "limits": [{"limit": "Much."}], "what_ifs": [{"command": "build/x a=1", "asks": "What if?"}]})";
}

std::string Lead(const std::string& as = "of 100", const std::string& where = R"({"arm": "teacher"})") {
  return R"({"file": "declared.csv", "where": )" + where + R"(, "column": "estimate", "as": ")" + as + "\"}";
}

class ClaimsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteFileAtomic(results_ / "few" / "page.json", kFewPage);
    Declare("0.25,0.1,0.4");
  }
  void Declare(const std::string& numbers) {
    WriteFileAtomic(results_ / "few" / "declared.csv",
                    "arm,estimate,low,high,seen,n_text,n_low_text,n_high_text\nteacher," + numbers +
                        ",3,7,<= 4,> 64\nother,9,9,9,4,,,\n");
  }
  ClaimLine Line(const std::string& data) {
    WriteFileAtomic(data_, data);
    const Claims claims = ReadClaims(data_, results_);
    EXPECT_THAT(claims.lines, SizeIs(1));
    return claims.lines.front();
  }
  std::string Problem(const std::string& data) {
    return MessageOf([&] { Line(data); });
  }

  TempDir folder_;
  fs::path data_ = folder_.path() / "claims.json", results_ = folder_.path() / "results";
};

TEST_F(ClaimsTest, NumbersAreReadAndTheVerdictStandsOnThem) {
  const ClaimLine line = Line(Data(Lead()));
  EXPECT_EQ(line.claim, "Few are enough.");
  EXPECT_EQ(line.standing, "holds");
  EXPECT_EQ(line.verdict, "Holds.");
  EXPECT_EQ(line.number, "It is +25 [+10, +40].");
}

TEST_F(ClaimsTest, WhatTheIntervalDoesNotBearIsOpen) {
  for (const std::string numbers : {"0.25,-0.1,0.4", "-0.25,-0.4,-0.1", "0.25,,0.4", ",,"}) {
    Declare(numbers);
    const ClaimLine line = Line(Data(Lead()));
    EXPECT_EQ(line.standing, "open") << numbers;
    EXPECT_THAT(line.verdict, HasSubstr("Open")) << numbers;
  }
  Declare("0.25,0.1,0.4");
  EXPECT_EQ(Line(Data(Lead(), R"("borne_by": [{"number": "lead", "below": 0.3}])")).standing, "open");
  EXPECT_EQ(Line(Data(Lead(), R"("borne_by": [{"number": "lead", "below": 0.5}])")).standing, "holds");
  EXPECT_EQ(
      Line(Data(Lead(), R"("borne_by": [{"number": "lead", "above": 0}, {"number": "lead", "above": 0.2}])")).standing,
      "open")
      << "all must bear it";
}

TEST_F(ClaimsTest, ShowsANumberAsItsKindWants) {
  const auto shown = [&](const std::string& as) { return Line(Data(Lead(as))).number; };
  EXPECT_EQ(shown("share"), "It is 25 % [10, 40].");
  EXPECT_EQ(shown("points"), "It is +25 [+10, +40] points.");
  EXPECT_EQ(shown("times"), "It is 0.25 [0.1, 0.4] times.");
  EXPECT_EQ(shown("added days"), "It is +0.25 [+0.1, +0.4] days.");
  EXPECT_EQ(shown("samples"), "It is 7 [<= 4, > 64].");
  Declare("0.25,0.002,0.4");
  EXPECT_EQ(shown("points"), "It is +25.0 [+0.2, +40.0] points.");
  EXPECT_EQ(shown("of 100"), "It is +25.0 [+0.2, +40.0].");
  Declare("0.25,0,0.4");
  EXPECT_EQ(shown("points"), "It is +25 [0, +40] points.");
  const std::string sum = R"({"file": "declared.csv", "column": "seen", "as": "sum"})";
  EXPECT_EQ(Line(Data(sum)).number, "It is 7.");
}

TEST_F(ClaimsTest, WithoutAPageThereIsNoResult) {
  fs::remove(results_ / "few" / "page.json");
  const ClaimLine line = Line(Data(Lead()));
  EXPECT_EQ(line.standing, "no result yet");
  EXPECT_EQ(line.number, "–");
}

TEST_F(ClaimsTest, MistakesAreNamed) {
  EXPECT_THAT(Problem("{}"), HasSubstr("has no list `claims`"));
  EXPECT_THAT(Problem(R"({"claims": [{}]})"), HasSubstr("lacks the text `experiment`"));
  EXPECT_THAT(Problem(Data(Lead("cubits"))), HasSubstr("as cubits"));
  EXPECT_THAT(Problem(Data(Lead("share", R"({"arm": "nobody"})"))), HasSubstr("no row fits arm=nobody"));
  EXPECT_THAT(Problem(Data(Lead("share", "{}"))), HasSubstr("two rows fit"));
  EXPECT_THAT(Problem(Data(Lead("share", R"({"leg": "x"})"))), HasSubstr("has no column leg"));
  EXPECT_THAT(Problem(Data(Lead(), R"("borne_by": [])")), HasSubstr("borne_by"));
  EXPECT_THAT(Problem(Data(Lead(), R"("borne_by": [{"number": "x", "above": 0}])")), HasSubstr("borne_by"));
  EXPECT_THAT(Problem(Data(Lead(), R"("borne_by": [{"number": "lead", "above": 0, "below": 1}])")),
              HasSubstr("above or below"));
  std::string unknown = Data(Lead());
  unknown.replace(unknown.find("{lead}"), 6, "{lad}");
  EXPECT_THAT(Problem(unknown), HasSubstr("there is no number lad"));
  for (const char* page : {"[]", "{}", R"({"claim": 3})"}) {
    WriteFileAtomic(results_ / "few" / "page.json", page);
    EXPECT_THAT(Problem(Data(Lead())), HasSubstr("page.json")) << page;
  }
  std::string standing = Data(Lead());
  standing.replace(standing.find("\"holds\""), 7, "\"proves\"");
  EXPECT_THAT(Problem(standing), HasSubstr("standing is"));
}

TEST_F(ClaimsTest, TheIndexOpensWithThem) {
  WriteFileAtomic(data_, Data(Lead()));
  EXPECT_TRUE(WriteIndex(results_, data_).empty());
  const std::string html = ReadFile(results_ / "index.html");
  ExpectBalanced(html);
  EXPECT_LT(html.find("<a href=\"few/index.html\">Few are enough.</a>"), html.find("what would change the verdict"));
  for (const char* words : {"It is +25 [+10, +40].", "build/x a=1", "how many", "Much.", "data-word=\"caveat\"",
                            "few/data-dictionary.md", "claims.csv"}) {
    EXPECT_THAT(html, HasSubstr(words));
  }
  EXPECT_THAT(ReadFile(results_ / "claims.csv"),
              HasSubstr("few,Few are enough.,holds,Holds.,\"It is +25 [+10, +40].\""));
  EXPECT_THAT(ReadFile(results_ / "table.md"), HasSubstr("| claim | verdict | number | caveat |"));
}

// The shipped words, on the shipped pages.
TEST(ShippedClaims, AllHaveAResult) {
  const fs::path docs = fs::path(RETORT_SOURCE_DIR) / "docs";
  const Claims claims = ReadClaims(docs / "claims.json", docs / "results");
  EXPECT_THAT(claims.lines, SizeIs(nlohmann::json::parse(ReadFile(docs / "claims.json")).at("claims").size()));
  // The shipped index is of these pages.
  EXPECT_EQ(ReadFile(docs / "results" / "claims.csv"), ToCsv(ClaimsData(claims.lines)));
  std::set<std::string> said;
  for (const ClaimLine& line : claims.lines) {
    EXPECT_NE(line.standing, "no result yet") << line.experiment;
    EXPECT_TRUE(said.insert(line.claim).second) << line.claim;
    for (const std::string& text : {line.verdict, line.number, line.caveat}) {
      for (const char* never : {"prevents", "undetectable", "theft", "proves"}) {
        EXPECT_EQ(text.find(never), std::string::npos) << line.experiment;
      }
    }
  }
}

}  // namespace
}  // namespace retort
