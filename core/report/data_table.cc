#include "core/report/data_table.h"

#include <fmt/format.h>

#include "core/report/escape.h"
#include "core/report/format.h"

namespace retort {

DataField::DataField(double number) : csv(Exact(number)) {}
DataField::DataField(const std::optional<double>& number) : csv(Exact(number)) {}
DataField::DataField(std::string_view text) : csv(CsvText(text)) {}

std::string ToCsv(const DataTable& table) {
  std::string csv;
  for (size_t c = 0; c < table.columns.size(); ++c) csv += (c == 0 ? "" : ",") + CsvText(table.columns[c].name);
  csv += '\n';
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size(); ++c) csv += (c == 0 ? "" : ",") + row[c].csv;
    csv += '\n';
  }
  return csv;
}

std::string DataDictionary(std::span<const DataTable> tables) {
  std::string text =
      "# Data dictionary\n\nThe files beside this one are CSV as RFC 4180 has it: UTF-8, a header line, a point as "
      "decimal "
      "mark. An empty field means undefined or not measured, never zero. A text that begins with =, +, - or @ has an "
      "apostrophe before it, so that no spreadsheet runs it as a formula.\n";
  for (const DataTable& table : tables) {
    text += fmt::format("\n## {}\n\n{}\n\n| column | unit | meaning | empty where |\n| --- | --- | --- | --- |\n",
                        MarkdownText(table.file), MarkdownText(table.about));
    for (const DataColumn& column : table.columns) {
      text += fmt::format("| {} | {} | {} | {} |\n", MarkdownText(column.name), MarkdownText(column.unit),
                          MarkdownText(column.meaning),
                          column.empty.empty() ? std::string("never") : MarkdownText(column.empty));
    }
  }
  return text;
}

}  // namespace retort
