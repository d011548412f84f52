// Groups of rows against each other: paired by seed and item, means of several, what is missing is said.
#include "core/report/across_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/report/across_tables.h"
#include "core/report/experiment_page.h"
#include "tests/core/report/synthetic.h"

namespace retort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Answers items of the seed that every group has: right where the item's own luck is below the score.
CellResult Answered(const std::string& group, const std::string& arm, int n, uint64_t seed, double score) {
  CellResult cell = SyntheticCell("shared", arm, n, seed, score);
  RandomStream luck(seed, "luck");
  double sum = 0;
  for (ItemScore& item : cell.items) sum += item.score = luck.Uniform() < score ? 1 : 0;
  cell.means.score = sum / static_cast<double>(cell.items.size());
  cell.task = cell.target = group;
  return cell;
}

// Four groups whose scores at N = 8 lie .2 (full against short) and 0 (a against b) apart; full starts .1 higher.
ReportInput FourGroups(int seeds) {
  ReportInput input{.experiment = "x", .title = "x", .arms = {"teacher"}};
  for (const std::string group : {"a", "a_short", "b", "b_short"}) {
    const bool is_short = group.ends_with("_short");
    for (uint64_t seed = 0; seed < static_cast<uint64_t>(seeds); ++seed) {
      const double luck = 0.05 * RandomStream(seed, group).Normal();
      input.cells.push_back(Answered(group, "base", 0, seed, is_short ? 0.1 : 0.2));
      input.cells.push_back(Answered(group, "teacher_model", 0, seed, 0.9));
      for (const int n : {8, 32}) {
        input.cells.push_back(Answered(group, "teacher", n, seed, (is_short ? 0.4 : 0.6) + luck));
      }
    }
  }
  input.comparisons = {{"pretraining", "a + b", "a_short + b_short"}, {"family", "b + b_short", "a + a_short"}};
  return input;
}

TEST(AcrossGroups, NamesAreJoinedByPlus) {
  EXPECT_THAT(GroupNames("a"), ElementsAre("a"));
  EXPECT_THAT(GroupNames("a + b, learning_rate 0.1 + c+d"), ElementsAre("a", "b, learning_rate 0.1", "c+d"));
}

TEST(AcrossGroups, MeansOfGroupsDiffer) {
  const Summary summary = Summarise(FourGroups(6));
  ASSERT_EQ(summary.across.size(), 6u);  // two comparisons, at N = 0, 8, 32
  const GroupDifference &start = summary.across[0], &pretraining = summary.across[1], &family = summary.across[4];
  EXPECT_EQ(start.n, 0);
  EXPECT_NEAR(start.score.estimate, 0.1, 0.04);
  EXPECT_FALSE(start.gain);
  EXPECT_EQ(pretraining.n, 8);
  EXPECT_EQ(pretraining.seeds, 6);
  EXPECT_NEAR(pretraining.score.estimate, 0.2, 0.06);
  EXPECT_GT(pretraining.score.low, 0);
  ASSERT_TRUE(pretraining.gain);
  EXPECT_NEAR(pretraining.gain->estimate, pretraining.score.estimate - start.score.estimate, 1e-12);
  ASSERT_TRUE(pretraining.p_value && pretraining.holm);
  EXPECT_LT(*pretraining.p_value, 0.01);
  EXPECT_GE(*pretraining.holm, *pretraining.p_value);
  EXPECT_LT(family.score.low, 0);
  EXPECT_GT(family.score.high, 0);
}

TEST(AcrossGroups, SwappingTheSidesTurnsTheSign) {
  ReportInput input = FourGroups(6);
  input.comparisons.push_back({"turned", "a_short + b_short", "a + b"});
  const Summary summary = Summarise(input);
  EXPECT_NEAR(summary.across[1].score.estimate, -summary.across[7].score.estimate, 1e-12);
  EXPECT_NEAR(summary.across[1].score.low, -summary.across[7].score.high, 1e-12);
}

TEST(AcrossGroups, LowerIsBetterForLikelihoods) {
  ReportInput input = FourGroups(6);
  for (CellResult& cell : input.cells) cell.metric = "bits_per_byte";
  EXPECT_LT(Summarise(input).across[1].score.high, 0);  // full has the larger numbers
}

TEST(AcrossGroups, TheDeclaredOneIsTestedAlone) {
  ReportInput input = FourGroups(6);
  input.contrast = DeclaredContrast{
      .task = "a + b", .arm = "teacher", .against = "teacher", .n = 8, .against_task = "a_short + b_short"};
  const Summary summary = Summarise(input);
  const DeclaredResult& result = summary.tasks.at(0).declared.value();
  EXPECT_EQ(result.seeds, 6);
  EXPECT_EQ(result.value.estimate, summary.across[1].score.estimate);
  EXPECT_THAT(result.sentence, HasSubstr("the mean of a + b against the mean of a_short + b_short, at N = 8"));
  EXPECT_THAT(result.sentence, HasSubstr("better"));
  EXPECT_TRUE(summary.across[1].declared);
  EXPECT_FALSE(summary.across[1].holm);
  EXPECT_TRUE(summary.across[2].holm);
  EXPECT_THAT(summary.verdict, testing::StartsWith("Declared in the configuration"));
  const PageContent page = ExperimentPage(input, summary);
  EXPECT_EQ(page.verdicts.at(0), result.sentence);
  EXPECT_THAT(page.verdicts.at(1), HasSubstr("family, at N = 8"));
  EXPECT_EQ(page.verdicts.size(), 2u);  // what a group shows by itself stands in its section
}

TEST(AcrossGroups, FiveSeedsShowNoP) {
  for (const GroupDifference& d : Summarise(FourGroups(5)).across) EXPECT_FALSE(d.p_value || d.holm);
  const ReportInput input = FourGroups(5);
  EXPECT_THAT(DifferencesTable(input, Summarise(input)).note, HasSubstr("no p-values under six seeds"));
}

TEST(AcrossGroups, WhatIsMissingIsSaid) {
  ReportInput input = FourGroups(6);
  input.comparisons = {{"gone", "a", "nobody"}};
  input.contrast =
      DeclaredContrast{.task = "a", .arm = "teacher", .against = "teacher", .n = 8, .against_task = "nobody"};
  const Summary summary = Summarise(input);
  EXPECT_THAT(summary.across, IsEmpty());
  EXPECT_THAT(summary.warnings, testing::Contains(HasSubstr("gone: no cell of the group nobody")));
  EXPECT_THAT(summary.tasks.at(0).declared->sentence, HasSubstr("there is no cell of the group nobody"));
}

TEST(AcrossGroups, OnlySeedsThatAllHaveCount) {
  ReportInput input = FourGroups(7);
  std::erase_if(input.cells, [](const CellResult& c) { return c.task == "b" && c.seed == 3 && c.n == 8; });
  const Summary summary = Summarise(input);
  EXPECT_EQ(summary.across[1].seeds, 6);
  EXPECT_EQ(summary.across[2].seeds, 7);
}

TEST(AcrossGroups, OtherItemsDoNotPair) {
  ReportInput input = FourGroups(6);
  for (CellResult& c : input.cells) {
    if (c.task == "b") c.items.front().id = "another";
  }
  EXPECT_THAT(Summarise(input).across, IsEmpty());
}

TEST(AcrossGroups, TheTableOfGroupsHasTheirFacts) {
  ReportInput input = FourGroups(6);
  input.group_facts = {{"a", {{"parameters", 114112}}}};
  const Summary summary = Summarise(input);
  const Table table = GroupsTable(input, summary);
  ASSERT_EQ(table.rows.size(), 4u);
  EXPECT_EQ(table.header.at(1), "parameters");
  EXPECT_EQ(table.rows[0][1].sort, 114112);
  EXPECT_EQ(table.rows[1][1].text, "–");
  EXPECT_THAT(table.header, testing::Contains("gap closed, N = 8"));
  EXPECT_EQ(GroupsFigures(input, summary).at(0).views.at(0).plot.curves.size(),
            9u);  // each with its start, and the memoriser
  input.comparisons.clear();
  EXPECT_THAT(GroupsTable(input, Summarise(input)).rows, IsEmpty());
}

TEST(AcrossGroups, WithoutAGapThereAreNoEmptyColumns) {
  ReportInput input = FourGroups(6);
  for (CellResult& c : input.cells) {
    if (c.arm != kTeacherModelArm) continue;
    for (ItemScore& item : c.items) item.score = 0;
  }
  const Summary summary = Summarise(input);
  for (const std::string& name : GroupsTable(input, summary).header) EXPECT_THAT(name, Not(HasSubstr("gap")));
  const PageContent page = ExperimentPage(input, summary);
  for (const PageSection& section : page.sections) {
    for (const Table& table : section.tables) {
      if (table.rows.empty()) continue;
      EXPECT_THAT(table.header, Not(testing::Contains(testing::StartsWith("gap closed")))) << table.title;
      EXPECT_THAT(table.header, Not(testing::Contains("N50"))) << table.title;
    }
  }
}

}  // namespace
}  // namespace retort
