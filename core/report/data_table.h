// Tidy CSV whose columns explain themselves: a column is its name, unit, meaning, and when it is empty, so that the
// file and its data dictionary come from one list and cannot drift apart.
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

struct DataColumn {
  std::string name;
  std::string unit;     // "tokens", "share", "text"
  std::string meaning;  // one line
  std::string empty;    // when the field is empty; "" where it never is
};

// A field as it stands in the file: a number in its shortest exact form (not finite: empty), a text escaped.
struct DataField {
  DataField() = default;
  DataField(double number);                                                  // NOLINT: rows are lists of values
  DataField(std::integral auto number) : csv(std::to_string(number)) {}      // NOLINT
  DataField(const std::optional<double>& number);                            // NOLINT
  DataField(std::string_view text);                                          // NOLINT
  DataField(const std::string& text) : DataField(std::string_view(text)) {}  // NOLINT
  DataField(const char* text) : DataField(std::string_view(text)) {}         // NOLINT

  std::string csv;
};

struct DataTable {
  std::string file;   // "summary.csv"
  std::string about;  // what a row is: one line
  std::vector<DataColumn> columns;
  std::vector<std::vector<DataField>> rows;
};

std::string ToCsv(const DataTable& table);
std::string DataDictionary(std::span<const DataTable> tables);  // data-dictionary.md

}  // namespace retort
