#include "experiments/look/run_filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "core/base/error.h"
#include "core/base/number.h"
#include "core/report/format.h"
#include "experiments/cells/config_lines.h"

namespace retort::lab {
namespace {

bool IsDone(const RunEntry& run) { return run.state == RunState::kDone; }
bool IsKnown(const RunEntry& run) { return run.state != RunState::kBroken && !run.result.arm.empty(); }

const RunColumn* FindColumn(std::string_view name) {
  const auto found = std::ranges::find(RunColumns(), name, &RunColumn::name);
  return found == RunColumns().end() ? nullptr : &*found;
}

std::string ColumnNames() {
  std::vector<std::string> names;
  for (const RunColumn& column : RunColumns()) names.push_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// A setting with its whole key: not a column.
bool IsSetting(std::string_view key) { return key.find('.') != std::string_view::npos || key == "base"; }

std::string Setting(const RunEntry& run, std::string_view key) {
  try {
    return PlainValue(ReadConfigLines(ReadRunFile(run.folder / "config.toml")), key);
  } catch (const Error&) {
    return "";
  }
}

bool Holds(const KeyValues& condition, const RunEntry& run) {
  const auto is_one_of = [&](const std::string& text) {
    return std::ranges::any_of(condition.values, [&](const std::string& value) { return SameText(text, value); });
  };
  if (condition.key == "done") return is_one_of(IsDone(run) ? "true" : "false");
  if (const RunColumn* column = FindColumn(condition.key)) {
    const std::string text = column->value(run);
    if (condition.key != "run") return is_one_of(text);
    return std::ranges::any_of(condition.values, [&](const auto& prefix) { return text.starts_with(prefix); });
  }
  return is_one_of(Setting(run, condition.key));
}

// Ends of the scale first and last, as in the tables.
int ArmOrder(const RunEntry& run) {
  return run.result.arm == kBaseArm ? 0 : run.result.arm == kTeacherModelArm ? 2 : 1;
}

}  // namespace

const std::vector<RunColumn>& RunColumns() {
  static const std::vector<RunColumn> columns = {
      {"run", [](const RunEntry& run) { return run.hash; }},
      {"state", [](const RunEntry& run) { return std::string(Name(run.state)); }},
      {"task", [](const RunEntry& run) { return run.result.task; }},
      {"target", [](const RunEntry& run) { return run.result.target; }},
      {"arm", [](const RunEntry& run) { return run.result.arm; }},
      {"n", [](const RunEntry& run) { return IsKnown(run) ? std::to_string(run.result.n) : ""; }},
      {"seed", [](const RunEntry& run) { return IsKnown(run) ? std::to_string(run.result.seed) : ""; }},
      {"metric", [](const RunEntry& run) { return run.result.metric; }},
      {"score", [](const RunEntry& run) { return IsDone(run) ? Exact(run.result.means.score) : ""; }},
      {"seconds", [](const RunEntry& run) { return Exact(run.seconds); }},
      {"finished", [](const RunEntry& run) { return run.finished_utc; }},
      {"bytes", [](const RunEntry& run) { return std::to_string(run.bytes); }},
      {"problem", [](const RunEntry& run) { return run.problem; }},
  };
  return columns;
}

RunFilter::RunFilter(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    std::optional<KeyValues> condition = ParseKeyValues(word);
    const Where where{.file = "command line"};
    if (!condition) {
      throw Error(where, fmt::format("{} is no key=value", Excerpt(word)), "write arm=teacher, n=4,16 or done=false");
    }
    if (condition->key == "done") {
      for (const std::string& value : condition->values) {
        if (value != "true" && value != "false") {
          throw Error(where, fmt::format("done={} is neither true nor false", Excerpt(value)));
        }
      }
    } else if (FindColumn(condition->key) == nullptr && !IsSetting(condition->key)) {
      throw Error(where, fmt::format("runs have no {}", Excerpt(condition->key)),
                  fmt::format("there are done, {}, and settings with their whole key, such as "
                              "student.trainer.max_steps",
                              ColumnNames()));
    }
    conditions_.push_back(*std::move(condition));
  }
}

bool RunFilter::Matches(const RunEntry& run) const {
  return std::ranges::all_of(conditions_, [&](const KeyValues& condition) { return Holds(condition, run); });
}

void SortRuns(const std::string& key, std::vector<RunEntry>& runs) {
  std::ranges::stable_sort(runs, {}, [](const RunEntry& run) {
    return std::make_tuple(IsKnown(run) ? 0 : 1, run.result.task, ArmOrder(run), run.result.arm, run.result.n,
                           run.result.seed, run.hash);
  });
  if (key.empty()) return;
  const bool falling = key.starts_with('-');
  const RunColumn* column = FindColumn(falling ? key.substr(1) : key);
  if (column == nullptr) {
    throw Error({.file = "command line"}, fmt::format("--sort={}: there is no such column", Excerpt(key)),
                "there are " + ColumnNames());
  }
  struct Sortable {
    std::string text;
    std::optional<double> number;
    RunEntry run;
  };
  std::vector<Sortable> rows;
  for (RunEntry& run : runs) {
    std::string text = column->value(run);
    const std::optional<double> number = column->name == "run" ? std::nullopt : ParseNumber<double>(text);
    rows.push_back({std::move(text), number, std::move(run)});
  }
  std::ranges::stable_sort(rows, [&](const Sortable& a, const Sortable& b) {
    if (a.text.empty() || b.text.empty()) return !a.text.empty() && b.text.empty();
    const Sortable &first = falling ? b : a, &second = falling ? a : b;
    if (first.number && second.number) return *first.number < *second.number;
    if (first.number || second.number) return first.number.has_value();
    return first.text < second.text;
  });
  runs.clear();
  for (Sortable& row : rows) runs.push_back(std::move(row.run));
}

}  // namespace retort::lab
