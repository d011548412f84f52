#include "core/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <regex>
#include <set>

#include "core/base/files.h"
#include "core/report/csv.h"
#include "core/report/experiment_page.h"
#include "tests/core/report/html.h"
#include "tests/core/report/synthetic.h"

namespace retort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const TaskSummary& Task(const Summary& summary, const std::string& name) {
  for (const TaskSummary& task : summary.tasks) {
    if (task.task == name) return task;
  }
  throw std::runtime_error("no task " + name);
}

std::vector<std::vector<std::string>> ParseCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

TEST(Summarise, AgreesWithTheCells) {
  const ReportInput input = SyntheticInput();
  const Summary summary = Summarise(input);
  EXPECT_TRUE(summary.warnings.empty());
  const TaskSummary& rules = Task(summary, "rules");
  EXPECT_EQ(rules.seeds, 4);
  ASSERT_EQ(rules.arms.size(), 2u);
  EXPECT_EQ(rules.arms[0].arm, "teacher");
  EXPECT_EQ(rules.arms[1].arm, "answers_only");
  double sum = 0;
  for (const CellResult& c : input.cells) {
    if (c.task == "rules" && c.arm == "teacher" && c.n == 16) sum += c.means.score / 4;
  }
  EXPECT_NEAR(rules.arms[0].points[2].score.estimate, sum, 1e-12);
  const double base = rules.base->score.estimate, teacher = rules.teacher->score.estimate;
  EXPECT_NEAR(rules.arms[0].points[2].gap_closed->estimate, (sum - base) / (teacher - base), 1e-12);
  ASSERT_EQ(rules.contrasts.size(), 1u);
  EXPECT_NEAR(rules.contrasts[0].lead.estimate, sum - rules.arms[1].points[0].score.estimate, 1e-12);
  EXPECT_EQ(rules.contrasts[0].seeds, 4);
}

TEST(Summarise, AGroupWithoutThePrimaryArmIsAboutItsOwn) {
  ReportInput input = SyntheticInput();
  std::erase_if(input.cells, [](const CellResult& c) { return c.task == "rules" && c.arm == "teacher"; });
  EXPECT_THAT(Task(Summarise(input), "rules").verdict,
              testing::StartsWith("On rules, 16 samples of the arm answers_only close"));
}

TEST(Summarise, VerdictSaysTheNumbers) {
  const Summary summary = Summarise(SyntheticInput());
  EXPECT_THAT(Task(summary, "rules").verdict,
              testing::StartsWith("On rules, 16 worked answers of the teacher close 5"));
  EXPECT_THAT(summary.verdict, HasSubstr("4 seeds"));
  EXPECT_THAT(summary.verdict, HasSubstr("N50 = "));
  EXPECT_THAT(summary.verdict, HasSubstr("better than the answers_only arm"));
  EXPECT_THAT(summary.verdict, HasSubstr("On add10, 256"));
}

TEST(Summarise, LowerIsBetter) {
  ReportInput input;
  input.cells = {SyntheticCell("gsm8k", "base", 0, 0, 6.5, "bits_per_byte"),
                 SyntheticCell("gsm8k", "teacher_model", 0, 0, 0.9, "bits_per_byte"),
                 SyntheticCell("gsm8k", "teacher", 16, 0, 3.6, "bits_per_byte"),
                 SyntheticCell("gsm8k", "unrelated", 16, 0, 5.6, "bits_per_byte")};
  const Summary summary = Summarise(input);
  const TaskSummary& task = summary.tasks.at(0);
  EXPECT_NEAR(task.arms[0].points[0].gap_closed->estimate, 2.9 / 5.6, 0.02);
  EXPECT_NEAR(task.contrasts[0].lead.estimate, 2.0, 0.1);  // positive: better
  EXPECT_THAT(summary.verdict, HasSubstr("lower is better"));
  EXPECT_THAT(summary.verdict, HasSubstr("1 seed, so the interval speaks of other items"));
}

TEST(Summarise, PartialRuns) {
  ReportInput input = SyntheticInput();
  std::erase_if(input.cells, [](const CellResult& c) {
    return (c.task == "rules" && c.arm == "teacher" && c.n == 64 && c.seed != 1) ||
           (c.task == "rules" && c.arm == "base" && c.seed == 3) || (c.task == "add10" && c.arm == "teacher_model");
  });
  const Summary summary = Summarise(input);
  const TaskSummary& rules = Task(summary, "rules");
  EXPECT_EQ(rules.seeds, 2 + 1);
  EXPECT_EQ(rules.arms[0].points[2].seeds, 3);
  EXPECT_EQ(rules.arms[0].points[4].seeds, 1);
  EXPECT_THAT(rules.arms[0].crossing_sizes, ElementsAre(4, 8, 16, 32));
  EXPECT_THAT(summary.warnings, testing::Contains("rules: seed 3 has no base cell; left out"));
  EXPECT_THAT(summary.verdict,
              HasSubstr("On add10, the cells of base, teacher model and teacher are not all complete"));
}

TEST(Summarise, OneTeacherServesAllSeedsOfATarget) {
  ReportInput input;
  const CellResult teacher = SyntheticCell("add10", "teacher_model", 0, 0, 0.9);
  input.cells.push_back(teacher);
  for (uint64_t seed = 0; seed < 3; ++seed) {
    for (CellResult cell :
         {SyntheticCell("add10", "base", 0, seed, 0.1), SyntheticCell("add10", "teacher", 16, seed, 0.5)}) {
      for (size_t i = 0; i < cell.items.size(); ++i) cell.items[i].id = teacher.items[i].id;
      input.cells.push_back(cell);
    }
  }
  std::reverse(input.cells.back().items.begin(), input.cells.back().items.end());  // order is no matter
  const Summary summary = Summarise(input);
  EXPECT_TRUE(summary.warnings.empty());
  EXPECT_EQ(summary.tasks.at(0).seeds, 3);
  EXPECT_EQ(summary.tasks.at(0).arms.at(0).points.at(0).seeds, 3);
}

TEST(Summarise, LeavesOutWhatCannotBeCompared) {
  ReportInput input = SyntheticInput();
  const size_t whole = Summarise(input).warnings.size();
  for (CellResult& c : input.cells) {
    if (c.task != "rules" || c.arm != "teacher") continue;
    if (c.n == 4 && c.seed == 0) c.items[3].score = std::nan("");
    if (c.n == 8 && c.seed == 0) c.items.pop_back();
    if (c.n == 16 && c.seed == 0) c.items.clear();
    if (c.n == 32 && c.seed == 0) c.metric = "bits_per_byte";
    if (c.n == 64 && c.seed == 0) c.n = 0;
  }
  input.cells.push_back(input.cells[0]);
  const Summary summary = Summarise(input);
  EXPECT_EQ(summary.warnings.size(), whole + 6);
  for (const PointSummary& p : Task(summary, "rules").arms[0].points) EXPECT_EQ(p.seeds, 3) << p.n;
}

TEST(Csv, CellsRoundTrip) {
  ReportInput input = SyntheticInput();
  input.cells[0].means.step_accuracy = std::nan("");
  input.cells[0].target = "=cmd,\"x\"\ny";
  const auto rows = ParseCsv(CellsCsv(input));
  ASSERT_EQ(rows.size(), input.cells.size() + 1);
  EXPECT_EQ(rows[0][0], "arm");
  EXPECT_EQ(rows[0][3], "score");
  EXPECT_EQ(rows[1][0], "base");
  EXPECT_EQ(rows[1][1], "0");
  EXPECT_EQ(rows[1][5], "'=cmd,\"x\"\ny");
  EXPECT_EQ(rows[1][8], "");
  for (size_t i = 0; i < input.cells.size(); ++i) {
    ASSERT_EQ(rows[i + 1].size(), rows[0].size());
    EXPECT_EQ(std::stod(rows[i + 1][3]), input.cells[i].means.score);
  }
}

TEST(Csv, EveryColumnIsExplained) {
  ReportInput input = FullInput();
  for (CellResult& c : input.cells) {
    c.axes = {{"student.trainer.learning_rate", "0.003"}};
    c.extras["score"] = 1;  // a name that is taken
  }
  const Summary summary = Summarise(input);
  const std::vector<DataTable> tables = {CellsData(input), SummaryData(summary)};
  const std::string dictionary = DataDictionary(tables);
  for (const DataTable& table : tables) {
    const auto rows = ParseCsv(ToCsv(table));
    EXPECT_EQ(std::set<std::string>(rows[0].begin(), rows[0].end()).size(), rows[0].size());  // no name twice
    ASSERT_EQ(rows[0].size(), table.columns.size());
    for (size_t c = 0; c < rows[0].size(); ++c) {
      EXPECT_EQ(rows[0][c], table.columns[c].name);
      EXPECT_FALSE(table.columns[c].meaning.empty()) << rows[0][c];
      EXPECT_FALSE(table.columns[c].unit.empty()) << rows[0][c];
      const bool empty = std::any_of(rows.begin() + 1, rows.end(), [&](const auto& row) { return row[c].empty(); });
      EXPECT_FALSE(empty && table.columns[c].empty.empty()) << rows[0][c] << " is empty somewhere";
    }
  }
  EXPECT_THAT(dictionary, HasSubstr("| extra\\_score |"));
  EXPECT_THAT(dictionary,
              HasSubstr("| judge\\_false\\_positive\\_rate | as the meaning says | share of wrong answers"));
  EXPECT_THAT(dictionary, HasSubstr("| student.trainer.learning\\_rate |"));
}

TEST(Csv, SummaryHasPointsAndCrossings) {
  const auto rows = ParseCsv(SummaryCsv(Summarise(SyntheticInput())));
  std::set<std::string> statistics;
  bool censored = false;
  for (size_t i = 1; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), rows[0].size()) << i;
    statistics.insert(rows[i][2]);
    if (rows[i][0] == "add10" && rows[i][1] == "teacher" && rows[i][2] == "n90") {
      censored = true;
      EXPECT_EQ(rows[i][3], "");
      EXPECT_EQ(rows[i][13], "> 256");
    }
  }
  EXPECT_TRUE(censored);
  EXPECT_EQ(statistics, (std::set<std::string>{"score", "n50", "n90"}));
}

TEST(WriteReport, WritesFilesThatStandAlone) {
  const TempDir folder;
  const ReportOutput output = WriteReport(SyntheticInput(), folder.path() / "new" / "folder");
  EXPECT_TRUE(output.warnings.empty()) << output.warnings[0];
  const std::filesystem::path out = folder.path() / "new" / "folder";
  const std::string html = ReadFile(out / "index.html"), markdown = ReadFile(out / "table.md");
  ExpectBalanced(html);
  for (const char* external : {"src=", "<link", "<script", "@import", "url(", "<?xml", "http-equiv=\"refresh"}) {
    EXPECT_EQ(WithoutScript(html).find(external), std::string::npos) << external;
  }
  for (const std::string& text : {html, markdown, ReadFile(out / "cells.csv"), ReadFile(out / "summary.csv")}) {
    EXPECT_FALSE(std::regex_search(text, std::regex("\\b-?(nan|inf)\\b")));
  }
  ExpectLinksLead(html);
  // Two tasks, two panels each, and each against samples and against the teacher's tokens.
  size_t plots = 0;
  for (size_t at = html.find("role=\"img\""); at != std::string::npos; at = html.find("role=\"img\"", at + 1)) ++plots;
  EXPECT_EQ(plots % 4, 0u);
  EXPECT_GE(plots, 8u);
  for (const char* stem : {"rules-score", "rules-gap-closed", "add10-score", "rules-score-against-teacher_tokens"}) {
    EXPECT_THAT(ReadFile(out / "figures" / (std::string(stem) + ".svg")), testing::StartsWith("<svg"));
    EXPECT_THAT(ReadFile(out / "figures" / (std::string(stem) + ".pdf")), testing::StartsWith("%PDF"));
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme"));
  EXPECT_THAT(html, HasSubstr("build/few_samples seeds=4"));
  EXPECT_THAT(markdown, HasSubstr("| arm | N | seeds | score | gap closed |"));
  EXPECT_THAT(markdown, HasSubstr("| teacher | 16 | 4 | 0."));
  EXPECT_THAT(output.table_text, HasSubstr("answers_only    16"));
  EXPECT_THAT(output.transcript_text, HasSubstr("N = 16     477 727 798 A8"));
}

TEST(WriteReport, AnExperimentsOwnSectionIsInEveryForm) {
  const TempDir folder;
  const MakeOwnSections own = [](const Summary& summary) {
    const double n50 = Task(summary, "rules").arms[0].n50->estimate.n;
    OwnSection section{
        .page = {.id = "catching-up",
                 .title = "What catching up costs",
                 .paragraphs = {"Counted by the sections' own rule."},
                 .tables = {{.title = "Own table", .header = {"what", "much"}, .rows = {{"samples", "n50 & more"}}},
                            {.title = "Empty table", .header = {"what", "much"}}}},
        .data = {{.file = "own.csv", .about = "A row is a cost.", .columns = {{"samples", "samples", "of N50", ""}}}},
        .verdicts = {"It is cheap: so says the section."},
        .caveats = {"It says nothing of anybody else."}};
    section.data[0].rows.push_back({n50});
    return std::vector{section};
  };
  const ReportInput input = FullInput();
  const ReportOutput output = WriteReport(input, folder.path(), own);
  const std::string html = ReadFile(folder.path() / "index.html"), markdown = ReadFile(folder.path() / "table.md");
  ExpectBalanced(html);
  ExpectLinksLead(html);
  for (const std::string& text : {html, markdown}) {
    EXPECT_THAT(text, HasSubstr("Counted by the sections"));
    EXPECT_THAT(text, HasSubstr("It is cheap: so says the section."));
    EXPECT_THAT(text, HasSubstr("It says nothing of anybody else."));
  }
  EXPECT_LT(html.find("id=\"facts\""), html.find("id=\"catching-up\""));
  EXPECT_LT(html.find("id=\"catching-up\""), html.find("id=\"arms\""));
  const std::string declared = Task(Summarise(input), "rules").declared.value().sentence;
  EXPECT_LT(markdown.find(declared.substr(0, 20)), markdown.find("It is cheap"));
  EXPECT_THAT(ReadFile(folder.path() / "table.tex"), HasSubstr("n50 \\& more"));
  EXPECT_THAT(output.table_text, HasSubstr("Own table"));
  EXPECT_THAT(output.table_text, testing::Not(HasSubstr("Empty table")));
  EXPECT_THAT(output.verdict, HasSubstr("It is cheap"));
  EXPECT_THAT(ReadFile(folder.path() / "page.json"), HasSubstr("It is cheap"));
  EXPECT_THAT(ReadFile(folder.path() / "data-dictionary.md"), HasSubstr("## own.csv"));
  const auto rows = ParseCsv(ReadFile(folder.path() / "own.csv"));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NEAR(std::stod(rows[1][0]), Task(Summarise(input), "rules").arms[0].n50->estimate.n, 1e-12);
}

TEST(WriteReport, SameInputSameBytes) {
  const TempDir folder;
  WriteReport(SyntheticInput(), folder.path() / "a");
  WriteReport(SyntheticInput(), folder.path() / "b");
  for (const char* name : {"cells.csv", "summary.csv", "table.md", "table.tex", "data-dictionary.md", "page.json",
                           "index.html", "figures/rules-score.svg", "figures/rules-score.pdf"}) {
    EXPECT_EQ(ReadFile(folder.path() / "a" / name), ReadFile(folder.path() / "b" / name)) << name;
  }
}

TEST(ExperimentPage, RunsAreLinkedOnlyWhereTheyLie) {
  ReportInput input = FullInput();
  for (const bool linked : {true, false}) {
    if (!linked) input.runs_link.clear();
    const std::string html = RenderPage(ExperimentPage(input, Summarise(input), {}));
    EXPECT_EQ(html.find("/result.json") != std::string::npos, linked);
    EXPECT_EQ(html.find("leads to its result") != std::string::npos, linked);
    EXPECT_THAT(html, HasSubstr(input.cells[0].run.substr(0, 16)));
  }
}

TEST(WriteReport, HostileText) {
  const std::string evil = "</pre><script>alert('1')</script>|`system(\"touch pwned\")`\n\x01\xff";
  ReportInput input = SyntheticInput();
  input.title = input.claim = input.command = input.experiment = evil;
  input.caveats = {evil};
  input.arm_notes[evil] = evil;
  input.transcripts = {{evil, evil, evil, {{evil, evil}, {"empty", ""}}}};
  for (CellResult& c : input.cells) {
    if (c.arm == "answers_only") c.arm = evil;
    if (c.task == "rules") c.task = evil;
  }
  const TempDir folder;
  const ReportOutput output = WriteReport(input, folder.path());
  EXPECT_TRUE(output.warnings.empty()) << output.warnings[0];
  const std::string html = ReadFile(folder.path() / "index.html");
  ExpectBalanced(html);
  EXPECT_EQ(ReadFile(folder.path() / "table.tex").find("\\begin{document"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists("pwned"));
  const auto rows = ParseCsv(ReadFile(folder.path() / "summary.csv"));
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
}

TEST(WriteReport, WithoutGnuplotThePageSaysSo) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  const TempDir folder;
  const ReportOutput output = WriteReport(SyntheticInput(), folder.path());
  setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(output.warnings.empty());
  EXPECT_THAT(output.warnings[0], HasSubstr("gnuplot is not installed"));
  const std::string html = ReadFile(folder.path() / "index.html");
  EXPECT_NE(html.find("Nothing to draw: gnuplot is not installed"), std::string::npos);
  ExpectBalanced(html);
}

TEST(WriteReport, NothingYet) {
  const TempDir folder;
  const ReportOutput output = WriteReport(ReportInput{.title = "Empty"}, folder.path());
  EXPECT_EQ(output.verdict, "No cell is complete yet, so there is nothing to say.");
  ExpectBalanced(ReadFile(folder.path() / "index.html"));
  ReportInput only_base{.title = "Base"};
  only_base.cells = {SyntheticCell("rules", "base", 0, 0, 0.1)};
  EXPECT_THAT(WriteReport(only_base, folder.path()).verdict, HasSubstr("are not all complete"));
}

TEST(WriteReport, GapTooSmall) {
  ReportInput input;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    input.cells.push_back(SyntheticCell("rsub", "base", 0, seed, 0.1));
    input.cells.push_back(SyntheticCell("rsub", "teacher_model", 0, seed, 0.15));
    input.cells.push_back(SyntheticCell("rsub", "teacher", 4, seed, 0.11));
    input.cells.push_back(SyntheticCell("rsub", "teacher", 16, seed, 0.11));
  }
  const TempDir folder;
  const ReportOutput output = WriteReport(input, folder.path());
  EXPECT_THAT(output.verdict, HasSubstr("no share of the gap is given"));
  EXPECT_THAT(ReadFile(folder.path() / "index.html"), HasSubstr("Nothing to draw: the teacher&#39;s lead"));
  EXPECT_THAT(output.table_text, HasSubstr("not clear of the smallest gap of 0.1"));
}

TEST(Report, WhatNCountsIsSaidEverywhere) {
  ReportInput input = SyntheticInput();
  input.n_unit = "teacher tokens";
  const TempDir dir;
  WriteReport(input, dir.path());
  const std::string page = ReadFile(dir.path() / "index.html");
  EXPECT_THAT(page, HasSubstr("teacher tokens N (log scale)"));
  EXPECT_THAT(page, HasSubstr("teacher tokens that close half"));
  EXPECT_THAT(page, HasSubstr("that an arm may spend"));
  EXPECT_THAT(page, testing::Not(HasSubstr("samples N (log scale)")));
}

}  // namespace
}  // namespace retort
