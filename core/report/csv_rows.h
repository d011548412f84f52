// Rows of a CSV file with a header (RFC 4180; no line breaks inside fields, which no table of this project has).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace retort {

class CsvRow {
 public:
  CsvRow(const std::map<std::string, size_t, std::less<>>& columns, const std::vector<std::string>& fields, Where where)
      : columns_(columns), fields_(fields), where_(std::move(where)) {}

  const Where& where() const { return where_; }
  bool Has(std::string_view column) const { return columns_.contains(column); }
  const std::string& Text(std::string_view column) const;  // of a column that the file has
  double Number(std::string_view column) const;            // finite; throws Error for anything else

 private:
  const std::map<std::string, size_t, std::less<>>& columns_;
  const std::vector<std::string>& fields_;
  Where where_;
};

// Throws Error where the file is empty, a column of `wanted` is missing, or a row is shorter than the header; `mend`
// says what should have been given.
void ForEachCsvRow(const std::filesystem::path& file, std::span<const char* const> wanted, const std::string& mend,
                   const std::function<void(const CsvRow&)>& visit);

// Columns that fix a row, and what they hold there.
using CsvPlace = std::vector<std::pair<std::string, std::string>>;
std::string Told(const CsvPlace& place);  // "task=rules arm=teacher"

// The rows that `place` fits.
void ForEachCsvRowAt(const std::filesystem::path& file, const CsvPlace& place, std::vector<const char*> wanted,
                     const std::string& mend, const std::function<void(const CsvRow&)>& visit);
// The one row; throws Error where none fits, or two do. `asker`: the file to mend then.
void VisitCsvRow(const std::filesystem::path& file, const CsvPlace& place, const std::vector<const char*>& wanted,
                 const std::string& asker, const std::function<void(const CsvRow&)>& visit);

}  // namespace retort
