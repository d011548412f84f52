#include "core/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <set>

#include "core/report/across_tables.h"
#include "core/report/csv.h"
#include "core/report/escape.h"
#include "core/report/experiment_page.h"
#include "core/report/page_files.h"

namespace retort {
namespace {

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

[[maybe_unused]] bool FilesDiffer(const std::vector<DataTable>& data) {
  std::set<std::string> files;
  return std::ranges::all_of(data, [&](const DataTable& table) { return files.insert(table.file).second; });
}

}  // namespace

ReportOutput WriteReport(const ReportInput& input, const std::filesystem::path& folder, const MakeOwnSections& own) {
  const Summary summary = Summarise(input);
  const std::vector<OwnSection> sections = own ? own(summary) : std::vector<OwnSection>{};
  ReportOutput output{summary.verdict, "", TranscriptText(input), summary.warnings};
  const auto add_table = [&](const Table& table) {
    if (!table.rows.empty()) output.table_text += (output.table_text.empty() ? "" : "\n") + ToText(table);
  };
  std::vector<DataTable> data = {CellsData(input), SummaryData(summary)};
  std::ranges::for_each(MainTables(input, summary), add_table);
  for (const OwnSection& section : sections) {
    std::ranges::for_each(section.page.tables, add_table);
    for (const std::string& verdict : section.verdicts) output.verdict += "\n" + verdict;
    data.insert(data.end(), section.data.begin(), section.data.end());
  }
  if (DataTable contrasts = ContrastsData(summary, input.primary_arm); !contrasts.rows.empty()) {
    data.push_back(std::move(contrasts));
  }
  if (!summary.across.empty()) data.push_back(DifferencesData(summary));
  if (input.contrast) data.push_back(DeclaredData(summary));
  assert(FilesDiffer(data));
  for (std::string& warning : WritePage(ExperimentPage(input, summary, sections), data, folder)) {
    output.warnings.push_back(std::move(warning));
  }
  return output;
}

}  // namespace retort
