#include "core/report/comparison.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/base/files.h"
#include "core/report/index_page.h"
#include "core/stats/arm_difference.h"
#include "tests/core/base/message_of.h"
#include "tests/core/report/html.h"
#include "tests/core/report/page_json.h"

namespace retort {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kCsv =
    "task,arm,statistic,n,mean,mean_low,mean_high\n"
    "rules,teacher,score,32,0.8,0.7,0.9\n"
    "rules,answers_only,score,32,0.5,0.4,0.6\n"
    "rules,\"odd, name\",score,32,0.65,0.55,0.75\n"
    "rules,teacher,n50,32,,,\n";

std::string Data(const std::string& greater, const std::string& lesser, const std::string& experiment = "few") {
  const auto number = [&](const std::string& arm) {
    return R"({"experiment": ")" + experiment + R"(", "arm": ")" + arm + R"(", "statistic": "score", "n": "32"})";
  };
  return R"({"rows": [{"id": "a", "topic": "Steps", "published": "Steps help.", "source": "X et al.", "grade": "published",
    "ours": "with steps against without", "limits": "It is small.", "greater": )" +
         number(greater) + R"(, "lesser": )" + number(lesser) + "}]}";
}

class ComparisonTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteFileAtomic(results_ / "few" / "summary.csv", kCsv);
    WriteCells(0.8, 0.5);
    WriteFileAtomic(results_ / "few" / "page.json", kFewPage);
  }
  // Three seeds that scatter by more than the arms differ, but alike in both.
  void WriteCells(double teacher, double answers_only) {
    std::string csv = "arm,n,seed,score,task\n";
    for (int seed = 0; seed < 3; ++seed) {
      const double shift = 0.3 * (seed - 1), noise = 0.01 * (seed - 1);
      csv += fmt::format("teacher,32,{0},{1},rules\nanswers_only,32,{0},{2},rules\n", seed, teacher + shift,
                         answers_only + shift + noise);
      csv += fmt::format("\"odd, name\",32,{0},{1},rules\nteacher,64,{0},1,rules\n", seed, teacher);
    }
    WriteFileAtomic(results_ / "few" / "cells.csv", csv);
  }
  std::vector<ComparedRow> Read(const std::string& data) {
    WriteFileAtomic(data_, data);
    return ReadComparison(data_, results_);
  }
  std::string Problem(const std::string& data) {
    return MessageOf([&] { Read(data); });
  }

  TempDir folder_;
  fs::path results_ = folder_.path() / "results", data_ = folder_.path() / "comparison.json";
};

TEST_F(ComparisonTest, OursIsReadFromTheResults) {
  const ComparedRow row = Read(Data("teacher", "answers_only")).at(0);
  EXPECT_EQ(row.greater.value, 0.8);
  EXPECT_EQ(row.lesser.high, 0.6);
  EXPECT_EQ(row.agreement, Agreement::kAgrees);
  EXPECT_EQ(row.seeds, 3);
  ASSERT_TRUE(row.lead);
  EXPECT_NEAR(row.lead->estimate, 0.3, 1e-12);
  EXPECT_NEAR(row.lead->high, 0.3 + 4.302653 * 0.01 / std::sqrt(3.0), 1e-6);  // t of .975 with 2 degrees of freedom
  std::string other = kCsv;
  other.replace(other.find("0.8,0.7,0.9"), 11, "0.3,0.2,0.35");
  WriteFileAtomic(results_ / "few" / "summary.csv", other);
  WriteCells(0.3, 0.5);
  const ComparedRow again = Read(Data("teacher", "answers_only")).at(0);
  EXPECT_EQ(again.greater.value, 0.3);
  EXPECT_EQ(again.agreement, Agreement::kDisagrees);
}

// Near the ceiling the far end is drawn out, as on the experiment's own page.
TEST_F(ComparisonTest, WithBaseAndTeacherTheIntervalIsThatOfThePage) {
  const std::vector<double> greater = {.92, .91, .93, .90, .91, .92}, lesser = {.82, .70, .87, .62, .80, .85};
  std::string csv = "arm,n,seed,score,task\n";
  std::vector<SeedScores> rows;
  for (size_t seed = 0; seed < greater.size(); ++seed) {
    csv += fmt::format("base,0,{0},0.1,rules\nteacher_model,0,{0},0.94,rules\n", seed);
    csv += fmt::format("teacher,32,{0},{1},rules\nanswers_only,32,{0},{2},rules\n", seed, greater[seed], lesser[seed]);
    rows.push_back({std::to_string(seed), {{.1}, {.94}, {lesser[seed]}, {greater[seed]}}});
  }
  WriteFileAtomic(results_ / "few" / "cells.csv", csv);
  const ComparedRow row = Read(Data("teacher", "answers_only")).at(0);
  const Interval page = CompareScores(rows, true).lead;
  const Interval plain = PairedMeans(rows).Contrast(std::array{0., 0., -1., 1.});
  ASSERT_TRUE(row.lead);
  EXPECT_EQ(row.lead->low, page.low);
  EXPECT_EQ(row.lead->high, page.high);
  EXPECT_GT(page.high, plain.high + 0.005);
}

TEST_F(ComparisonTest, TheDirectionFollowsTheNumbers) {
  EXPECT_EQ(Read(Data("answers_only", "teacher")).at(0).agreement, Agreement::kDisagrees);
  EXPECT_EQ(Read(Data("odd, name", "teacher")).at(0).agreement, Agreement::kUnclear);
  const ComparedRow none = Read(Data("teacher", "answers_only", "not_run")).at(0);
  EXPECT_EQ(none.agreement, Agreement::kNoResult);
  EXPECT_FALSE(none.greater.value);
}

TEST_F(ComparisonTest, WhatIsNotThereIsSaidWithItsFile) {
  EXPECT_THAT(Problem(Data("nobody", "teacher")), testing::AllOf(HasSubstr("summary.csv"), HasSubstr("arm=nobody")));
  EXPECT_THAT(Problem("{}"), testing::AllOf(HasSubstr("comparison.json"), HasSubstr("rows")));
  EXPECT_THAT(Problem(R"({"rows": [{"id": "a"}]})"), HasSubstr("lacks the text `topic`"));
  std::string ungraded = Data("teacher", "answers_only");
  ungraded.replace(ungraded.find(R"("grade": "published")"), 20, R"("grade": "certain")");
  EXPECT_THAT(Problem(ungraded), HasSubstr("grade is published"));
  std::string twice = kCsv + "add10,teacher,score,32,0.1,0,0.2\n";
  WriteFileAtomic(results_ / "few" / "summary.csv", twice);
  EXPECT_THAT(Problem(Data("teacher", "answers_only")), HasSubstr("two rows fit"));
}

TEST_F(ComparisonTest, ThePageStandsInTheIndexAndSaysWhatHasNoResult) {
  WriteFileAtomic(data_, Data("teacher", "answers_only"));
  EXPECT_TRUE(WriteComparison(data_, results_).empty());
  const std::string html = ReadFile(results_ / "comparison" / "index.html");
  ExpectBalanced(html);
  EXPECT_THAT(html, HasSubstr("0.80 [0.70, 0.90]"));
  EXPECT_THAT(html, HasSubstr("../few/index.html"));
  EXPECT_THAT(html, HasSubstr("It is small."));
  EXPECT_THAT(html, HasSubstr("<dt>direction</dt>"));
  EXPECT_THAT(html, HasSubstr("2026-02-03"));
  EXPECT_THAT(ReadFile(results_ / "comparison" / "comparison.csv"), HasSubstr("\"teacher, N = 32\",0.8,0.7,0.9"));
  WriteIndex(results_);
  EXPECT_THAT(ReadFile(results_ / "index.html"), HasSubstr("comparison/index.html"));
  WriteFileAtomic(data_, Data("teacher", "answers_only", "not_run"));
  WriteComparison(data_, results_);
  EXPECT_THAT(ReadFile(results_ / "comparison" / "index.html"), HasSubstr("no result yet"));
}

// The file that is shipped: complete, and of results that are there or not run yet.
TEST(Comparison, TheShippedFileIsRead) {
  const fs::path root = RETORT_SOURCE_DIR;
  const std::vector<ComparedRow> rows = ReadComparison(root / "docs" / "comparison.json", root / "docs" / "results");
  ASSERT_GE(rows.size(), 7u);
  for (const ComparedRow& row : rows) {
    EXPECT_NE(row.source.find("arXiv:"), std::string::npos) << row.id;
    EXPECT_EQ(row.greater.value.has_value(),
              fs::exists(root / "docs" / "results" / row.greater.experiment / "summary.csv"))
        << row.id;
  }
}

}  // namespace
}  // namespace retort
