#include "core/report/csv_rows.h"

#include <cmath>

#include "core/base/files.h"
#include "core/base/number.h"

namespace retort {
namespace {

std::vector<std::string> Fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  if (line.ends_with('\r')) line.remove_suffix(1);
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

}  // namespace

const std::string& CsvRow::Text(std::string_view column) const {
  const size_t at = columns_.find(column)->second;
  if (at >= fields_.size()) throw Error(where_, "has too few fields");
  return fields_[at];
}

double CsvRow::Number(std::string_view column) const {
  const auto number = ParseNumber<double>(Text(column));
  if (!number || !std::isfinite(*number)) {
    throw Error(where_, std::string(column) + " " + Excerpt(Text(column)) + " is no number");
  }
  return *number;
}

void ForEachCsvRow(const std::filesystem::path& file, std::span<const char* const> wanted, const std::string& mend,
                   const std::function<void(const CsvRow&)>& visit) {
  std::map<std::string, size_t, std::less<>> columns;
  ForEachLine(file, [&](std::string_view line, int number) {
    Where where{.file = file.string(), .line = number};
    const std::vector<std::string> fields = Fields(line);
    if (number > 1) {
      visit(CsvRow(columns, fields, std::move(where)));
      return true;
    }
    for (size_t i = 0; i < fields.size(); ++i) columns[fields[i]] = i;
    for (const char* column : wanted) {
      if (!columns.contains(column)) throw Error(where, std::string("has no column ") + column, mend);
    }
    return true;
  });
  if (columns.empty()) throw Error({.file = file.string()}, "is empty", mend);
}

}  // namespace retort
