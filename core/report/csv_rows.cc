#include "core/report/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
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

std::string Told(const CsvPlace& place) {
  std::string text;
  for (const auto& [column, value] : place) text += fmt::format("{}{}={}", text.empty() ? "" : " ", column, value);
  return text;
}

void ForEachCsvRowAt(const std::filesystem::path& file, const CsvPlace& place, std::vector<const char*> wanted,
                     const std::string& mend, const std::function<void(const CsvRow&)>& visit) {
  for (const auto& [column, value] : place) wanted.push_back(column.c_str());
  ForEachCsvRow(file, wanted, mend, [&](const CsvRow& row) {
    if (std::ranges::all_of(place, [&](const auto& fixed) { return row.Text(fixed.first) == fixed.second; })) {
      visit(row);
    }
  });
}

void VisitCsvRow(const std::filesystem::path& file, const CsvPlace& place, const std::vector<const char*>& wanted,
                 const std::string& asker, const std::function<void(const CsvRow&)>& visit) {
  bool found = false;
  ForEachCsvRowAt(file, place, wanted, "make it again", [&](const CsvRow& row) {
    if (found) throw Error({.file = file.string()}, "two rows fit " + Told(place), "name more columns in " + asker);
    found = true;
    visit(row);
  });
  if (!found) throw Error({.file = file.string()}, "no row fits " + Told(place), "mend " + asker);
}

}  // namespace retort
