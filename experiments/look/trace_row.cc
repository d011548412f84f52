#include "experiments/look/trace_row.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/base/number.h"
#include "experiments/look/command_words.h"
#include "experiments/look/run_list.h"
#include "experiments/look/terminal_text.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestTable = size_t{256} << 20;
constexpr size_t kListed = 20;  // rows, where several are meant
// The last columns that every table has: what comes after them is a sweep's.
constexpr std::string_view kLastOfCells = "samples_sha256", kLastOfSummary = "note";

CsvTable Open(const fs::path& file) {
  CsvTable table = ParseCsv(ReadRunFile(file, kLargestTable), file);
  const bool cells = table.Column("run") && table.Column("score") && table.Column(kLastOfCells);
  const bool summary = table.Column("statistic") && table.Column("mean") && table.Column(kLastOfSummary);
  if (!cells && !summary) {
    throw Error({.file = file.string()}, "is neither a cells.csv nor a summary.csv that an experiment wrote");
  }
  return table;
}

bool AllHold(const CsvTable& table, size_t row, const std::vector<KeyValues>& conditions) {
  return std::ranges::all_of(conditions, [&](const KeyValues& condition) {
    const std::string field = table.Field(row, condition.key);
    return std::ranges::any_of(condition.values, [&](const auto& value) { return SameText(field, value); });
  });
}

// With a sweep, `task` of summary.csv names its point too: "rules, learning_rate 0.003".
bool SameTask(std::string_view summary, std::string_view cell, bool sweep) {
  if (!sweep || summary.size() <= cell.size()) return summary == cell;
  return summary.starts_with(cell) && summary.substr(cell.size()).starts_with(", ");
}

}  // namespace

CsvTable OpenTable(const fs::path& path, const std::vector<std::string>& words) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return Open(path);
  const fs::path cells = path / "cells.csv", summary = path / "summary.csv";
  if (!fs::exists(cells) && !fs::exists(summary)) {
    throw Error({.file = path.string()}, "holds neither cells.csv nor summary.csv",
                "give the output folder of an experiment");
  }
  if (!fs::exists(cells)) return Open(summary);
  if (!fs::exists(summary)) return Open(cells);
  CsvTable table = Open(cells), other = Open(summary);
  const bool meant = std::ranges::any_of(words, [&](const std::string& word) {
    const auto condition = ParseKeyValues(word);
    return condition && !table.Column(condition->key) && other.Column(condition->key);
  });
  return meant ? other : table;
}

bool IsCells(const CsvTable& table) { return table.Column("run").has_value(); }

size_t FindRow(const CsvTable& table, const std::vector<std::string>& words) {
  const Where where{.file = table.file.string()};
  if (words.empty()) {
    throw Error({.file = "command line"}, "which row?", "write its number, or words such as arm=teacher n=16 seed=0");
  }
  if (words.size() == 1 && words[0].find('=') == std::string::npos) {
    const size_t number = ParseNumber<size_t>(words[0]).value_or(0);
    if (number == 0 || number > table.rows.size()) {
      throw Error(where, fmt::format("there is no row {}", Excerpt(words[0])),
                  fmt::format("rows are numbered from 1 to {}, the header not counted", table.rows.size()));
    }
    return number - 1;
  }
  std::vector<KeyValues> conditions;
  for (const std::string& word : words) {
    const std::optional<KeyValues> condition = ParseKeyValues(word);
    if (!condition) {
      throw Error({.file = "command line"}, fmt::format("{} is no key=value", Excerpt(word)),
                  "write one number, or words such as arm=teacher n=16 seed=0");
    }
    if (!table.Column(condition->key)) {
      throw Error(where, fmt::format("there is no column {}", Excerpt(condition->key)),
                  fmt::format("there are {}", fmt::join(table.columns, ", ")));
    }
    conditions.push_back(*condition);
  }
  std::vector<size_t> found;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    if (AllHold(table, row, conditions)) found.push_back(row);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    throw Error(where, fmt::format("no row has {}", OneLine(fmt::format("{}", fmt::join(words, " ")))));
  }
  std::string message = fmt::format("{}: {} rows have {}; add words, or give one number:", table.file.string(),
                                    found.size(), OneLine(fmt::format("{}", fmt::join(words, " "))));
  for (size_t i = 0; i < found.size() && i < kListed; ++i) {
    message += fmt::format("\n  {:>4}  {}", found[i] + 1, RowLabel(table, found[i]));
  }
  if (found.size() > kListed) message += "\n   ...";
  throw Error(message);
}

std::string RowLabel(const CsvTable& table, size_t row) {
  std::string label;
  const auto add = [&](std::string_view column, const std::string& name) {
    const std::string field = table.Field(row, column);
    if (!field.empty()) label += fmt::format("{}{} {}", label.empty() ? "" : ", ", name, field);
  };
  add("task", "task");
  add("target", "target");
  add("arm", "arm");
  add("statistic", "statistic");
  add("n", "N =");
  add("seed", "seed");
  for (const std::string& axis : AxisColumns(table)) add(axis, axis);
  return OneLine(label);
}

std::vector<std::string> AxisColumns(const CsvTable& table) {
  const std::optional<size_t> last = table.Column(IsCells(table) ? kLastOfCells : kLastOfSummary);
  if (!last) return {};
  return {table.columns.begin() + static_cast<std::ptrdiff_t>(*last) + 1, table.columns.end()};
}

std::vector<size_t> RowsOfCurve(const CsvTable& summary, size_t row, const CsvTable& cells) {
  std::vector<size_t> rows;
  const std::vector<std::string> axes = AxisColumns(cells);
  for (size_t i = 0; i < cells.rows.size(); ++i) {
    const bool same_point = std::ranges::all_of(
        axes, [&](const std::string& axis) { return cells.Field(i, axis) == summary.Field(row, axis); });
    if (same_point && SameTask(summary.Field(row, "task"), cells.Field(i, "task"), !axes.empty())) rows.push_back(i);
  }
  return rows;
}

}  // namespace retort::lab
