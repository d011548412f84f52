// What a page compares: the declared contrast, all others by Holm, N50 against facts, an experiment's own numbers.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/report/csv.h"
#include "core/report/experiment_page.h"
#include "core/report/figure.h"
#include "core/report/format.h"
#include "core/report/tables.h"
#include "core/stats/holm.h"
#include "tests/core/report/synthetic.h"

namespace retort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The teacher's curve beside one that is two doublings behind, in six seeds and more.
ReportInput TwoCurves(int seeds, double lag) {
  ReportInput input{.experiment = "x", .title = "x", .arms = {"teacher", "slow"}};
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(seeds); ++seed) {
    RandomStream random(seed, "two curves");
    const double shift = 0.3 * random.Normal();
    input.cells.push_back(SyntheticCell("rules", "base", 0, seed, 0.1));
    input.cells.push_back(SyntheticCell("rules", "teacher_model", 0, seed, 0.94));
    for (const int n : {2, 4, 8, 16, 32, 64, 128, 256}) {
      const auto score = [&](double centre) {
        return 0.1 + 0.84 / (1 + std::exp(-1.5 * (std::log2(n) - centre - shift)));
      };
      input.cells.push_back(SyntheticCell("rules", "teacher", n, seed, score(3)));
      input.cells.push_back(SyntheticCell("rules", "slow", n, seed, score(3 + lag)));
    }
  }
  return input;
}

TEST(Declared, OfCurvesIsALogRatio) {
  ReportInput input = TwoCurves(8, 2);
  input.contrast = DeclaredContrast{.task = "rules", .arm = "teacher", .against = "slow"};
  const Summary summary = Summarise(input);
  const DeclaredResult& result = summary.tasks.at(0).declared.value();
  EXPECT_EQ(result.measure, DeclaredResult::Measure::kDeltaLog2N50);
  EXPECT_NEAR(result.value.estimate, -2, 0.4);
  EXPECT_LT(result.value.high, 0);
  ASSERT_TRUE(result.p_value);
  EXPECT_LT(*result.p_value, 0.05);
  EXPECT_THAT(summary.verdict, testing::StartsWith("Declared in the configuration: on rules, teacher against slow"));
  EXPECT_THAT(result.sentence, HasSubstr("times the samples of slow"));
  EXPECT_THAT(result.sentence, Not(HasSubstr("the order is open")));
  EXPECT_EQ(ExperimentPage(input, summary).verdicts.at(0), result.sentence);
}

TEST(Contrasts, StandInAFileAsInTheTable) {
  const ReportInput input = TwoCurves(8, 2);
  const Summary summary = Summarise(input);
  const DataTable data = ContrastsData(summary, "teacher");
  const std::vector<ArmContrast>& contrasts = summary.tasks.at(0).contrasts;
  ASSERT_EQ(data.rows.size(), contrasts.size());
  ASSERT_EQ(data.rows.size(), 8u) << "one an N";
  EXPECT_THAT(ToCsv(data),
              HasSubstr(fmt::format("rules,teacher,slow,8,8,{},{},{},{},{}", Exact(contrasts[2].lead.estimate),
                                    Exact(contrasts[2].lead.low), Exact(contrasts[2].lead.high),
                                    Exact(*contrasts[2].p_value), Exact(*contrasts[2].holm))));
  EXPECT_TRUE(ContrastsData(Summarise({.experiment = "x", .title = "x"}), "teacher").rows.empty());
}

TEST(Declared, StandsInAFileOfItsOwn) {
  ReportInput input = TwoCurves(8, 2);
  input.contrast = DeclaredContrast{.task = "rules", .arm = "teacher", .against = "slow"};
  const Summary curves = Summarise(input);
  DataTable data = DeclaredData(curves);
  ASSERT_EQ(data.rows.size(), 1u);
  const DeclaredResult& result = *curves.tasks.at(0).declared;
  EXPECT_THAT(ToCsv(data),
              HasSubstr(fmt::format("rules,teacher,slow,,log2_n50,{},{},{},{},", result.seeds,
                                    Exact(result.value.estimate), Exact(result.value.low), Exact(result.value.high))));
  input.contrast->n = 8;
  EXPECT_THAT(ToCsv(DeclaredData(Summarise(input))), HasSubstr("rules,teacher,slow,8,score,"));
  input.contrast->against = "nobody";
  data = DeclaredData(Summarise(input));
  ASSERT_EQ(data.rows.size(), 1u);
  EXPECT_EQ(data.rows[0][6].csv, "") << "no estimate";
  EXPECT_NE(data.rows[0].back().csv, "") << "but why there is none";
  input.contrast.reset();
  EXPECT_TRUE(DeclaredData(Summarise(input)).rows.empty());
}

TEST(Declared, CensoredCurvesCompareTheirMeans) {
  ReportInput input = TwoCurves(8, 20);
  input.contrast = DeclaredContrast{.task = "rules", .arm = "teacher", .against = "slow"};
  const Summary summary = Summarise(input);
  const DeclaredResult& result = summary.tasks.at(0).declared.value();
  EXPECT_EQ(result.measure, DeclaredResult::Measure::kMeanGapClosed);
  EXPECT_GT(result.value.low, 0);
  EXPECT_THAT(result.sentence, HasSubstr("an N50 lies outside the grid"));
  EXPECT_THAT(result.sentence, HasSubstr("points more"));
}

TEST(Declared, EqualArmsLeaveTheOrderOpen) {
  ReportInput input = TwoCurves(8, 0);
  input.contrast = DeclaredContrast{.task = "rules", .arm = "teacher", .against = "slow", .n = 8};
  const Summary summary = Summarise(input);
  EXPECT_THAT(summary.verdict, HasSubstr("the order is open"));
}

TEST(Declared, SaysWhyThereIsNone) {
  ReportInput input = TwoCurves(2, 0);
  input.contrast = DeclaredContrast{.task = "rules", .arm = "teacher", .against = "nobody"};
  EXPECT_THAT(Summarise(input).verdict, HasSubstr("no comparison can be given: no seed has both arms"));
  input.contrast->n = 8;
  EXPECT_THAT(Summarise(input).verdict, HasSubstr("no seed has both arms at N = 8"));
}

TEST(Contrasts, HolmLeavesTheDeclaredOneOut) {
  ReportInput input = TwoCurves(6, 1);
  input.contrast = DeclaredContrast{.task = "rules", .arm = "teacher", .against = "slow", .n = 8};
  const Summary summary = Summarise(input);
  std::vector<double> p_values, adjusted;
  for (const ArmContrast& c : summary.tasks.at(0).contrasts) {
    ASSERT_TRUE(c.p_value);
    EXPECT_EQ(c.holm.has_value(), c.n != 8) << c.n;
    if (!c.holm) continue;
    p_values.push_back(*c.p_value);
    adjusted.push_back(*c.holm);
  }
  EXPECT_EQ(p_values.size(), 7u);
  EXPECT_EQ(adjusted, Holm(p_values));
  const Table table = ContrastTable(summary.tasks.at(0), "teacher");
  EXPECT_THAT(table.header, ElementsAre("against", "N", "seeds", "lead in score", "p", "p (Holm)"));
  EXPECT_EQ(table.rows.at(2).back().text, "declared");
}

TEST(Contrasts, FiveSeedsShowNoP) {
  const Summary summary = Summarise(TwoCurves(5, 1));
  for (const ArmContrast& c : summary.tasks.at(0).contrasts) EXPECT_FALSE(c.p_value || c.holm);
  const Table table = ContrastTable(summary.tasks.at(0), "teacher");
  EXPECT_THAT(table.header, ElementsAre("against", "N", "seeds", "lead in score"));
  EXPECT_THAT(table.note, HasSubstr("no p-values under six seeds"));
}

TEST(Facts, StandBesideN50) {
  const ReportInput input = FullInput();
  const Summary summary = Summarise(input);
  const Table table = FactsTable(summary, input.facts);
  ASSERT_EQ(table.rows.size(), 1u);  // rules states no number of facts; answers_only has no curve
  EXPECT_EQ(table.rows[0][0].text, "add10");
  EXPECT_EQ(table.rows[0][2].text, "100");
  EXPECT_NEAR(table.rows[0][5].sort.value(), summary.tasks[1].arms[0].n50->estimate.n / 100, 1e-12);
}

TEST(Extras, AreMeansWithTheirNotes) {
  ReportInput input = FullInput();
  input.cells[2].extras.clear();  // one seed of teacher at N = 4 has none
  const Summary summary = Summarise(input);
  const Table table = ExtrasTable(summary.tasks.at(0), input.extra_notes);
  EXPECT_THAT(table.header, ElementsAre("arm", "N", "judge false positive rate"));
  ASSERT_EQ(table.rows.size(), 5u);
  EXPECT_NEAR(table.rows[0][2].sort.value(), 0.1 / 5, 1e-12);
  EXPECT_EQ(table.note, "judge false positive rate: share of wrong answers that the judge accepts.");
  EXPECT_TRUE(ExtrasTable(Summarise(SyntheticInput()).tasks.at(0), {}).rows.empty());
}

TEST(Sampled, StandInATableOfTheirOwn) {
  ReportInput input = SyntheticInput();
  for (CellResult& c : input.cells) {
    c.extras = {{"samples", 8},           {"avg_at_k", 0.5},  {"avg_at_k_stderr", 0.011}, {"avg_at_k_sd_draws", 0.02},
                {"pass_at_k", 0.75},      {"pass_at_1", 0.5}, {"pass_at_k_stderr", 0.02}, {"maj_at_k", 0.625},
                {"maj_at_k_stderr", 0.03}};
  }
  const Summary summary = Summarise(input);
  const Table table = SampledTable(summary.tasks.at(0));
  ASSERT_EQ(table.rows.size(), 8u);  // base, six points, teacher
  EXPECT_EQ(table.rows[1][2].text, "8");
  EXPECT_EQ(table.rows[1][3].text, "0.50 ± 0.011");
  EXPECT_EQ(table.rows[1][4].text, "0.75 ± 0.020");
  EXPECT_EQ(table.rows[1][5].text, "0.62 ± 0.030");
  EXPECT_TRUE(ExtrasTable(summary.tasks.at(0), {}).rows.empty());
  EXPECT_TRUE(SampledTable(Summarise(SyntheticInput()).tasks.at(0)).rows.empty());
}

TEST(Links, EveryRowLeadsToItsCells) {
  ReportInput input = FullInput();
  for (CellResult& c : input.cells) {
    if (c.arm == "answers_only") c.arm = "An \"odd\" name";
  }
  input.arms = {"teacher", "An \"odd\" name"};
  const Summary summary = Summarise(input);
  const Table cells = CellsTable(input);
  size_t links = 0;
  for (const Table& table : MainTables(input, summary)) {
    for (const auto& row : table.rows) {
      for (const TableCell& cell : row) {
        if (cell.href.empty()) continue;
        ++links;
        EXPECT_THAT(cells.anchors, testing::Contains(cell.href.substr(1))) << cell.href;
      }
    }
  }
  EXPECT_GT(links, 20u);
  EXPECT_EQ(CellsAnchor("rules", "teacher", 16), "cells-rules-teacher-16");
  EXPECT_THAT(CellsAnchor("rules", "An \"odd\" name", 16), testing::MatchesRegex("cells-[0-9a-f]{16}"));
  EXPECT_EQ(cells.rows[3][6].href, "../runs/" + input.cells[3].run + "/result.json");
  EXPECT_EQ(cells.rows[3][8].text, "build/trace outputs/few_samples 4");
}

TEST(SideBySide, OneColumnAnArm) {
  const Table table = SideBySideTable(Summarise(SyntheticInput()).tasks.at(0));
  EXPECT_THAT(table.header, ElementsAre("N", "teacher", "answers_only"));
  ASSERT_EQ(table.rows.size(), 5u);
  EXPECT_EQ(table.rows[0][2].text, "–");
  EXPECT_NE(table.rows[2][2].text, "–");
}

TEST(CostAxes, OnlyThoseThatAdd) {
  ReportInput input = FullInput();
  const auto axes = [&] { return CostAxes(Summarise(input).tasks.at(0), "teacher"); };
  EXPECT_THAT(axes(), ElementsAre(Cost::kSamples, Cost::kTeacherTokens, Cost::kSupervisedTokens, Cost::kTrainingFlops,
                                  Cost::kDollars));
  for (CellResult& c : input.cells) {
    c.supervised_tokens = 1000 + c.n;  // hardly moves
    c.training_flops = 1e9;
    c.dollars = 0;
  }
  EXPECT_THAT(axes(), ElementsAre(Cost::kSamples, Cost::kTeacherTokens));
  const Plot plot = GapPlot(Summarise(input).tasks.at(0), Panel::kScore, Cost::kTeacherTokens, "teacher");
  EXPECT_EQ(plot.curves.at(0).points.size(), 5u);
  EXPECT_EQ(plot.curves.back().name, "memoriser");
}

}  // namespace
}  // namespace retort
