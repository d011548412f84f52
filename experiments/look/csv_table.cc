#include "experiments/look/csv_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace retort::lab {
namespace {

using Row = std::vector<std::string>;

class Reader {
 public:
  Reader(std::string_view text, std::string file) : rest_(text), file_(std::move(file)) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  bool AtEnd() const { return rest_.empty(); }
  int line() const { return line_; }  // of the next row

  Row Next() {
    Row row;
    for (;;) {
      row.push_back(Field());
      if (Take(",")) continue;
      if (rest_.empty() || Take("\r\n") || Take("\n")) break;
      Fail("a quoted field goes on after its quotes");
    }
    ++line_;
    return row;
  }
  [[noreturn]] void Fail(const std::string& problem) const { throw Error({.file = file_, .line = line_}, problem); }

 private:
  bool Take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }

  std::string Field() {
    if (!Take("\"")) {
      size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
      if (end > 0 && end < rest_.size() && rest_[end] == '\n' && rest_[end - 1] == '\r') --end;
      std::string field(rest_.substr(0, end));
      if (field.find('"') != std::string::npos) Fail("a quote inside a field that does not begin with one");
      rest_.remove_prefix(end);
      return field;
    }
    std::string field;
    for (;;) {
      const size_t end = rest_.find('"');
      if (end == std::string_view::npos) Fail("a quoted field does not end");
      field += rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (!Take("\"")) break;
      field += '"';
    }
    line_ += static_cast<int>(std::ranges::count(field, '\n'));
    return field;
  }

  std::string_view rest_;
  std::string file_;
  int line_ = 1;
};

}  // namespace

std::optional<size_t> CsvTable::Column(std::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<size_t>(found - columns.begin());
}

std::string CsvTable::Field(size_t row, std::string_view column) const {
  const std::optional<size_t> index = Column(column);
  if (!index) return "";
  const std::string& field = rows[row][*index];
  const bool guarded =
      field.size() > 1 && field[0] == '\'' && std::string_view("=+-@\t\n").find(field[1]) != std::string_view::npos;
  return guarded ? field.substr(1) : field;
}

CsvTable ParseCsv(std::string_view text, const std::filesystem::path& file) {
  CsvTable table{.file = file, .columns = {}, .rows = {}};
  Reader reader(text, file.string());
  if (reader.AtEnd()) reader.Fail("is empty: there is no header");
  table.columns = reader.Next();
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.Column(table.columns[i]) != i) {
      throw Error({.file = file.string(), .line = 1},
                  fmt::format("the column {} stands twice", Excerpt(table.columns[i])));
    }
  }
  while (!reader.AtEnd()) {
    const int line = reader.line();
    Row row = reader.Next();
    if (row.size() != table.columns.size()) {
      throw Error({.file = file.string(), .line = line},
                  fmt::format("has {} fields, the header {}", row.size(), table.columns.size()),
                  "give a table of a run: cells.csv or summary.csv");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace retort::lab
