// Reads the CSV that core/report/csv.h writes (RFC 4180: quoted fields may hold commas, doubled quotes and newlines),
// also after a spreadsheet has saved it: a byte order mark and "\r\n" are accepted.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort::lab {

struct CsvTable {
  std::filesystem::path file;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // as wide as `columns`

  // nullopt: there is no such column.
  std::optional<size_t> Column(std::string_view name) const;
  // The field of a row; "" where there is no such column. The apostrophe that keeps spreadsheets from running a text as
  // a formula is taken off.
  std::string Field(size_t row, std::string_view column) const;
};

// Throws Error at the line: quotes that do not end, a row of another width, a column that stands twice, no header.
CsvTable ParseCsv(std::string_view text, const std::filesystem::path& file);

}  // namespace retort::lab
