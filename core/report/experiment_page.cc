#include "core/report/experiment_page.h"

#include <fmt/format.h>

#include <array>

#include "core/report/escape.h"
#include "core/report/figure.h"
#include "core/report/format.h"
#include "core/report/tables.h"

namespace retort {
namespace {

constexpr std::string_view kFigureNote =
    "Whiskers and band: 95 % intervals. The band belongs to the first arm. The horizontal lines are the untrained base "
    "and the teacher; the dashed grey curve, where there is one, is a reader who knows exactly the steps seen in the "
    "samples.";

std::string TranscriptHtml(const Transcript& t) {
  std::string html = fmt::format(
      "<div class=\"item\"><p class=\"eyebrow\">{}</p>\n<dl class=\"answers\">\n<dt>prompt</dt><dd><pre>{}"
      "</pre></dd>\n",
      HtmlText(t.task), HtmlText(t.prompt));
  if (!t.reference.empty()) html += fmt::format("<dt>reference</dt><dd><pre>{}</pre></dd>\n", HtmlText(t.reference));
  for (const auto& [who, answer] : t.answers) {
    html += fmt::format("<dt>{}</dt><dd><pre>{}</pre></dd>\n", HtmlText(who),
                        answer.empty() ? "(empty)" : HtmlText(answer));
  }
  return html + "</dl></div>\n";
}

}  // namespace

std::vector<Table> MainTables(const ReportInput& input, const Summary& summary) {
  std::vector<Table> tables;
  if (Table sweep = SweepTable(summary); !sweep.rows.empty()) tables.push_back(std::move(sweep));
  for (const TaskSummary& task : summary.tasks) {
    for (Table& table : std::array{GapTable(task), CrossingTable(task), ContrastTable(task, input.primary_arm)}) {
      if (!table.rows.empty()) tables.push_back(std::move(table));
    }
  }
  return tables;
}

PageContent ExperimentPage(const ReportInput& input, const Summary& summary) {
  PageContent page{.experiment = input.experiment, .title = input.title, .claim = input.claim};
  for (const TaskSummary& task : summary.tasks) page.verdicts.push_back(task.verdict);
  if (page.verdicts.empty()) page.verdicts.push_back(summary.verdict);
  page.caveats = input.caveats;
  page.caveats.insert(page.caveats.end(), summary.warnings.begin(), summary.warnings.end());
  page.command = input.command;
  page.version = input.version;
  page.created_utc = input.created_utc;

  if (Table sweep = SweepTable(summary); !sweep.rows.empty()) {
    page.sections.push_back({.id = "sweep", .title = "The sweep", .tables = {std::move(sweep)}});
  }
  std::vector<Table> costs;
  for (size_t i = 0; i < summary.tasks.size(); ++i) {
    const TaskSummary& task = summary.tasks[i];
    page.sections.push_back({.id = fmt::format("task-{}", i),
                             .title = task.task,
                             .figures = TaskFigures(task, input.primary_arm),
                             .figure_note = std::string(kFigureNote),
                             .tables = {GapTable(task), CrossingTable(task), ContrastTable(task, input.primary_arm)}});
    if (Table cost = CostTable(task); !cost.rows.empty()) costs.push_back(std::move(cost));
  }
  if (!input.arm_notes.empty()) {
    PageSection arms{.id = "arms", .title = "The arms"};
    for (const auto& [arm, note] : input.arm_notes) arms.points.push_back(fmt::format("{}: {}", arm, note));
    page.sections.push_back(std::move(arms));
  }
  if (!input.transcripts.empty()) {
    PageSection transcripts{.id = "transcripts",
                            .title = "The same held-out items, before and after",
                            .paragraphs = {"Answers as they came, unedited."}};
    for (const Transcript& t : input.transcripts) transcripts.raw_html += TranscriptHtml(t);
    page.sections.push_back(std::move(transcripts));
  }
  if (!costs.empty()) page.sections.push_back({.id = "costs", .title = "Costs", .tables = std::move(costs)});
  if (!input.setting.empty()) {
    page.sections.push_back({.id = "setting", .title = "How it was measured", .points = input.setting});
  }
  page.last_sections.push_back(
      {.id = "cells",
       .title = "The cells behind the numbers",
       .paragraphs = {"Every row is one trained and evaluated cell. Its folder runs/<run>/ holds the resolved "
                      "configuration, the score of each item and the hash of the samples it learnt from; cells.csv "
                      "beside this page has the same rows as numbers."},
       .tables = {CellsTable(input)}});
  return page;
}

}  // namespace retort
