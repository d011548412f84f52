// Marks from the register and from a few_samples summary, good and bad.
#include "experiments/provider/volumes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "tests/core/base/message_of.h"

namespace retort::provider {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

NeedleAssumptions Register() {
  NeedleAssumptions a;
  const std::string file = std::string(RETORT_SOURCE_DIR) + "/configs/assumptions/needle.toml";
  FromToml(ReadFile(file), file, [&](Describer& d) { Describe(d, a); });
  return a;
}

constexpr char kHeader[] = "task,arm,statistic,n,n_text\n";

std::vector<MeasuredN90> Read(const std::string& text) {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "summary.csv", text);
  return ReadN90(folder.path() / "summary.csv");
}

std::string Problem(const std::string& text) {
  return MessageOf([&] { Read(text); });
}

TEST(Volumes, N90IsReadWithItsBound) {
  const std::vector<MeasuredN90> rows = Read(std::string(kHeader) +
                                             "rules,teacher,n50,7.3,7.3\n"
                                             "rules,teacher,n90,31.5,31.5\n"
                                             "\"add10, slow\",teacher,n90,,> 256\n"
                                             "add5,answers_only,n90,,<= 4\n"
                                             "hard,teacher,n90,,\n"
                                             "rules,teacher,score,64,\n");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].n, 31.5);
  EXPECT_EQ(rows[0].bound, Bound::kExact);
  EXPECT_EQ(rows[1].task, "add10, slow");
  EXPECT_EQ(rows[1].bound, Bound::kAtLeast);
  EXPECT_EQ(rows[1].n, 256);
  EXPECT_EQ(rows[2].bound, Bound::kAtMost);
  const std::vector<Mark> marks = Marks(Register(), rows, "teacher");
  EXPECT_EQ(marks[0].name, "N90 of rules");
  EXPECT_EQ(marks[0].requests, 32);
  EXPECT_EQ(marks[0].grade, "measured here");
  EXPECT_EQ(marks[1].bound, Bound::kAtLeast) << "a censored N90 stays a bound";
}

TEST(Volumes, OfMarksThatLieCloseTheNeedIsDrawn) {
  const auto drawn = [](std::string_view kept) {
    const std::vector<Mark> marks = {{.name = "a", .requests = 33},
                                     {.name = "b", .requests = 65},
                                     {.name = "need", .requests = 76},
                                     {.name = "c", .requests = 101},
                                     {.name = "d", .requests = 817}};
    std::vector<double> at;
    for (const PlotMark& mark : MarksOn(marks, kept)) at.push_back(mark.at);
    return at;
  };
  EXPECT_THAT(drawn(""), ElementsAre(33, 65, 817));
  EXPECT_THAT(drawn("need"), ElementsAre(33, 76, 817));
}

TEST(Volumes, WhatIsNoSummaryIsRefusedWithItsPlace) {
  EXPECT_THAT(Problem(""), HasSubstr("is empty"));
  EXPECT_THAT(Problem("a,b,c\n1,2,3\n"), HasSubstr("summary.csv:1: has no column task"));
  EXPECT_THAT(Problem(std::string(kHeader) + "rules,teacher,n90,1,many\n"), HasSubstr("summary.csv:2: N90"));
  for (const char* n : {"nan", "-3", "inf", "0", "1e400", "3 4"}) {
    EXPECT_THAT(Problem(std::string(kHeader) + "rules,teacher,n90,1," + n + "\n"), HasSubstr("is no number")) << n;
  }
  EXPECT_THAT(Problem(std::string(kHeader) + "rules,teacher\n"), HasSubstr("too few fields"));
  EXPECT_THROW(ReadN90("/nowhere/summary.csv"), Error);
}

// N of graded_answers is a budget of the teacher's tokens.
TEST(Volumes, AnNThatCountsTokensIsRefused) {
  const std::string header = "task,arm,statistic,n,n_text,teacher_tokens\n";
  EXPECT_THAT(
      Problem(header + "rules,base,score,0,,0\nrules,imitation,score,4096,,4070\nrules,imitation,n90,7303,7303,\n"),
      ::testing::AllOf(HasSubstr("summary.csv:3: "), HasSubstr("counts the teacher's tokens here (4096 for 4070"),
                       HasSubstr("few_samples")));
  EXPECT_EQ(Problem(header + "rules,references,score,32,,0\nrules,teacher,score,4,,139.1\nrules,teacher,n90,75,75,\n"),
            "");
  const std::string shipped = std::string(RETORT_SOURCE_DIR) + "/docs/results/";
  EXPECT_THROW(ReadN90(shipped + "graded_answers/summary.csv"), Error);
  EXPECT_FALSE(ReadN90(shipped + "few_samples/summary.csv").empty());
}

TEST(Volumes, AttemptsAndAcceptanceTurnSamplesIntoRequests) {
  NeedleAssumptions a = Register();
  a.attempts_per_sample.value = 4;
  a.accepted_share.value = 0.5;
  for (const Mark& mark : Marks(a, {}, "teacher")) {
    EXPECT_EQ(mark.requests, mark.samples * (mark.grade == "published" ? 8 : 1)) << mark.name;
  }
}

TEST(Volumes, TheRegistersMarksAreAllThere) {
  std::vector<double> published, alleged;
  for (const Mark& mark : Marks(Register(), {}, "teacher")) {
    (mark.grade == "published" ? published : alleged).push_back(mark.samples);
  }
  EXPECT_THAT(published, ::testing::ElementsAre(817, 1000, 17000, 800000));
  EXPECT_THAT(alleged, ::testing::ElementsAre(150e3, 3.4e6, 13e6, 16e6, 28.8e6));
}

TEST(Volumes, TheGridHoldsDecadesAndMarks) {
  const std::vector<Mark> marks = Marks(Register(), {}, "teacher");
  const std::vector<double> volumes = Volumes(2, marks);
  EXPECT_EQ(volumes.front(), 10);
  EXPECT_EQ(volumes.back(), 1e8);
  EXPECT_TRUE(std::is_sorted(volumes.begin(), volumes.end()));
  for (const Mark& mark : marks) EXPECT_THAT(volumes, ::testing::Contains(mark.requests));
  EXPECT_EQ(std::adjacent_find(volumes.begin(), volumes.end()), volumes.end());
}

}  // namespace
}  // namespace retort::provider
