#include "core/report/report.h"

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/report/csv.h"
#include "core/report/escape.h"
#include "core/report/page.h"
#include "core/report/tables.h"

namespace retort {
namespace {

std::vector<Table> Tables(const ReportInput& input, const Summary& summary) {
  std::vector<Table> tables;
  if (Table sweep = SweepTable(summary); !sweep.rows.empty()) tables.push_back(std::move(sweep));
  for (const TaskSummary& task : summary.tasks) {
    for (Table& table : std::array{GapTable(task), CrossingTable(task), ContrastTable(task, input.primary_arm)}) {
      if (!table.rows.empty()) tables.push_back(std::move(table));
    }
  }
  return tables;
}

std::string Markdown(const ReportInput& input, const Summary& summary) {
  std::string text = fmt::format("# {}\n\n", MarkdownText(input.title));
  if (!input.claim.empty()) text += fmt::format("The claim under test: {}\n\n", MarkdownText(input.claim));
  text += fmt::format("**{}**\n\n", MarkdownText(summary.verdict));
  for (const Table& table : Tables(input, summary)) text += ToMarkdown(table) + "\n";
  for (const TaskSummary& task : summary.tasks) {
    if (const Table cost = CostTable(task); !cost.rows.empty()) text += ToMarkdown(cost) + "\n";
  }
  if (!input.arm_notes.empty()) text += "### Arms\n\n";
  for (const auto& [arm, note] : input.arm_notes) {
    text += fmt::format("- **{}**: {}\n", MarkdownText(arm), MarkdownText(note));
  }
  if (!input.arm_notes.empty()) text += "\n";
  if (!input.setting.empty()) text += "### How it was measured\n\n";
  for (const std::string& line : input.setting) text += fmt::format("- {}\n", MarkdownText(line));
  if (!input.setting.empty()) text += "\n";
  if (!input.caveats.empty() || !summary.warnings.empty()) {
    text += "### Caveats\n\n";
    for (const std::string& caveat : input.caveats) text += fmt::format("- {}\n", MarkdownText(caveat));
    for (const std::string& warning : summary.warnings) text += fmt::format("- {}\n", MarkdownText(warning));
    text += "\n";
  }
  text += fmt::format("Made by {}, Retort {}, {}. One row a cell: cells.csv.\n", MarkdownText(input.command),
                      MarkdownText(input.version), MarkdownText(input.created_utc));
  return text;
}

// Indents what follows a newline, so that an answer of several lines stays one block.
std::string Indented(std::string_view text, size_t spaces) {
  std::string indented;
  for (char c : CleanUtf8(text)) {
    indented += c;
    if (c == '\n') indented.append(spaces, ' ');
  }
  return indented;
}

std::string TranscriptText(const ReportInput& input) {
  std::string text;
  for (const Transcript& t : input.transcripts) {
    std::vector<std::pair<std::string, std::string>> lines = {{"prompt", t.prompt}};
    if (!t.reference.empty()) lines.emplace_back("reference", t.reference);
    lines.insert(lines.end(), t.answers.begin(), t.answers.end());
    size_t width = 0;
    for (const auto& [who, answer] : lines) width = std::max(width, DisplayWidth(CleanUtf8(who)));
    text += CleanUtf8(t.task) + "\n";
    for (const auto& [who, answer] : lines) {
      const std::string name = CleanUtf8(who);
      text +=
          fmt::format("  {}{}  {}\n", name, std::string(width - DisplayWidth(name), ' '), Indented(answer, width + 4));
    }
  }
  return text;
}

}  // namespace

ReportOutput WriteReport(const ReportInput& input, const std::filesystem::path& folder) {
  const Summary summary = Summarise(input);
  ReportOutput output{summary.verdict, "", TranscriptText(input), summary.warnings};
  for (const Table& table : Tables(input, summary))
    output.table_text += (output.table_text.empty() ? "" : "\n") + ToText(table);
  WriteFileAtomic(folder / "cells.csv", CellsCsv(input));
  WriteFileAtomic(folder / "summary.csv", SummaryCsv(summary));
  WriteFileAtomic(folder / "table.md", Markdown(input, summary));
  WriteFileAtomic(folder / "index.html", Page(input, summary, output.warnings));
  return output;
}

}  // namespace retort
