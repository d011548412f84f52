#include "core/report/report.h"

#include <fmt/format.h>

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

}  // namespace

ReportOutput WriteReport(const ReportInput& input, const std::filesystem::path& folder) {
  const Summary summary = Summarise(input);
  ReportOutput output{summary.verdict, "", TranscriptText(input), summary.warnings};
  for (const Table& table : MainTables(input, summary)) {
    output.table_text += (output.table_text.empty() ? "" : "\n") + ToText(table);
  }
  for (std::string& warning :
       WritePage(ExperimentPage(input, summary), {CellsData(input), SummaryData(summary)}, folder)) {
    output.warnings.push_back(std::move(warning));
  }
  return output;
}

}  // namespace retort
