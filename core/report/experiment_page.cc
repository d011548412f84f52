#include "core/report/experiment_page.h"

#include <fmt/format.h>

#include <array>

#include "core/report/across_groups.h"
#include "core/report/across_tables.h"
#include "core/report/escape.h"
#include "core/report/figure.h"
#include "core/report/format.h"
#include "core/report/tables.h"
#include "core/report/words.h"

namespace retort {
namespace {

constexpr std::string_view kMemoriserNote =
    "the dashed grey curve, where there is one, is a reader who knows exactly the steps seen in the samples.";

std::string AsideNote(size_t curves, std::string_view what) {
  if (curves < 2) return "";
  return fmt::format(
      " Marks at one N are moved aside, so that they do not cover each other: curves by a few pixels, those of the "
      "first {0} not at all; {0}s of a single N stand beside it.",
      what);
}

std::string FigureNote(const TaskSummary& task) {
  constexpr std::string_view kLines = "The horizontal lines are the untrained base and the teacher";
  if (HasOneSize(task)) {
    return fmt::format("All arms have the same N, and stand side by side. Whiskers: 95 % intervals. {}.", kLines);
  }
  return fmt::format("Whiskers and band: 95 % intervals. The band belongs to the first arm. {}; {}{}", kLines,
                     kMemoriserNote, AsideNote(task.arms.size(), "arm"));
}

std::string GroupsNote(const Summary& summary) {
  return fmt::format(
      "One curve a group: how well its students did after N samples. N = 0, the students as they start, stands left of "
      "the dashed line, as a logarithmic axis has no zero. Whiskers: 95 % intervals; the band is the first group's, "
      "and {}{}",
      kMemoriserNote, AsideNote(summary.tasks.size(), "group"));
}

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
  for (Table& table : std::array{GroupsTable(input, summary), DifferencesTable(input, summary)}) {
    if (!table.rows.empty()) tables.push_back(std::move(table));
  }
  for (const TaskSummary& task : summary.tasks) {
    for (Table& table : std::array{GapTable(task), CrossingTable(task), ContrastTable(task, input.primary_arm),
                                   SampledTable(task), ExtrasTable(task, input.extra_notes)}) {
      if (!table.rows.empty()) tables.push_back(std::move(table));
    }
  }
  if (Table facts = FactsTable(summary, input.facts); !facts.rows.empty()) tables.push_back(std::move(facts));
  return tables;
}

PageContent ExperimentPage(const ReportInput& input, const Summary& summary, const std::vector<OwnSection>& own) {
  PageContent page{.experiment = input.experiment, .title = input.title, .claim = input.claim};
  for (const TaskSummary& task : summary.tasks) {
    if (task.declared) page.verdicts.push_back(task.declared->sentence);
  }
  for (const OwnSection& section : own) {
    page.verdicts.insert(page.verdicts.end(), section.verdicts.begin(), section.verdicts.end());
  }
  const bool across = !summary.across.empty();
  if (across) {
    for (std::string& sentence : AcrossVerdicts(input, summary)) page.verdicts.push_back(std::move(sentence));
  } else {
    for (const TaskSummary& task : summary.tasks) page.verdicts.push_back(task.verdict);
  }
  if (page.verdicts.empty()) page.verdicts.push_back(summary.verdict);
  page.caveats = input.caveats;
  for (const OwnSection& section : own) {
    page.caveats.insert(page.caveats.end(), section.caveats.begin(), section.caveats.end());
  }
  page.caveats.insert(page.caveats.end(), summary.warnings.begin(), summary.warnings.end());
  page.command = input.command;
  page.version = input.version;
  page.created_utc = input.created_utc;
  page.glossary = Glossary(input, summary);
  page.names.assign(input.arm_notes.begin(), input.arm_notes.end());
  for (const OwnSection& section : own) {
    page.glossary.insert(page.glossary.end(), section.words.begin(), section.words.end());
    page.names.insert(page.names.end(), section.names.begin(), section.names.end());
  }
  Sort(page.glossary);
  page.grades = Grades(input);

  if (std::vector<std::string> reading = HowToRead(summary); !reading.empty()) {
    if (!input.config_sha256.empty() && input.contrast) {
      reading.push_back(
          fmt::format("What was declared before the run stands in the configuration (sha256 {}); all other comparisons "
                      "are looked at "
                      "afterwards and corrected for their number.",
                      input.config_sha256.substr(0, 16)));
    }
    page.sections.push_back({.id = "reading", .title = "How to read this", .paragraphs = std::move(reading)});
  }
  if (Table sweep = SweepTable(summary); !sweep.rows.empty()) {
    page.sections.push_back({.id = "sweep", .title = "The sweep", .tables = {std::move(sweep)}});
  }
  if (across) {
    page.sections.push_back({.id = "groups",
                             .title = "The groups against each other",
                             .figures = GroupsFigures(input, summary),
                             .figure_note = GroupsNote(summary),
                             .tables = {GroupsTable(input, summary), DifferencesTable(input, summary)}});
  }
  std::vector<Table> costs;
  for (size_t i = 0; i < summary.tasks.size(); ++i) {
    const TaskSummary& task = summary.tasks[i];
    page.sections.push_back(
        {.id = fmt::format("task-{}", i),
         .title = task.task,
         .paragraphs = across ? std::vector{task.verdict} : std::vector<std::string>{},
         .figures = across ? std::vector<PageFigure>{} : TaskFigures(task, input.primary_arm),
         .figure_note = across ? "" : FigureNote(task),
         .tables = {GapTable(task), SideBySideTable(task), CrossingTable(task), ContrastTable(task, input.primary_arm),
                    SampledTable(task), ExtrasTable(task, input.extra_notes)}});
    if (Table cost = CostTable(task); !cost.rows.empty()) costs.push_back(std::move(cost));
  }
  if (Table facts = FactsTable(summary, input.facts); !facts.rows.empty()) {
    page.sections.push_back({.id = "facts", .title = "Samples against facts", .tables = {std::move(facts)}});
  }
  for (const OwnSection& section : own) page.sections.push_back(section.page);
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
       .paragraphs =
           {"Every row is one trained and evaluated cell. Its folder in the run store holds the resolved "
            "configuration, the score of each item and the hash of the samples it learnt from; its name begins as "
            "the run's does here" +
            std::string(input.runs_link.empty() ? ". "
                                                : ", which leads to its result, where the store lies beside this page "
                                                  "as it did when the page was written. ") +
            "The command in the last column walks a row back to teacher, licence and sampling settings. "
            "cells.csv beside this page has the same rows as numbers."},
       .tables = {CellsTable(input)}});
  return page;
}

}  // namespace retort
