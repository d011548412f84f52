#include "experiments/look/trace_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/number.h"
#include "core/report/csv.h"
#include "core/report/report.h"
#include "experiments/cells/run_store.h"
#include "experiments/look/command_words.h"
#include "experiments/look/run_list.h"
#include "experiments/look/terminal_text.h"
#include "experiments/look/trace_row.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

bool IsEnd(const std::string& arm) { return arm == kBaseArm || arm == kTeacherModelArm; }

// Which rows of the curve the number is made from: of a point its own arm and N, of a crossing every N of the arm; base
// and teacher where the gap between them is the measure.
bool IsBehind(const CsvTable& summary, size_t row, const CsvTable& cells, size_t cell) {
  const std::string arm = summary.Field(row, "arm"), of_cell = cells.Field(cell, "arm");
  const bool crossing = summary.Field(row, "statistic") != "score";
  if (of_cell == arm) return crossing || SameText(cells.Field(cell, "n"), summary.Field(row, "n"));
  return IsEnd(of_cell) && !IsEnd(arm) && (crossing || !summary.Field(row, "gc").empty());
}

// The result of a run under the names of a row of the table, as the experiment itself reads it.
CellResult ResultOf(const RunStore& store, const CsvTable& cells, size_t row) {
  const std::string run = cells.Field(row, "run");
  CheckRegular(store.Folder(run) / "items.jsonl");
  CellResult result = store.Read(run);
  result.arm = cells.Field(row, "arm");
  result.n = ParseNumber<int>(cells.Field(row, "n")).value_or(0);
  result.seed = ParseNumber<uint64_t>(cells.Field(row, "seed")).value_or(0);
  result.task = cells.Field(row, "task");
  result.target = cells.Field(row, "target");
  return result;
}

// Fills the checks of the number: the report's own code makes the row again.
void MakeAgain(const fs::path& runs_dir, const CsvTable& summary, size_t row, const CsvTable& cells,
               const std::vector<size_t>& curve, const std::optional<double>& smallest_gap, TraceStep& number) {
  const RunStore store(runs_dir);
  const std::string arm = summary.Field(row, "arm");
  ReportInput input{.primary_arm = arm, .cells = {}, .smallest_gap = smallest_gap};
  try {
    for (const size_t cell : curve) {
      if (IsRunHash(cells.Field(cell, "run"))) input.cells.push_back(ResultOf(store, cells, cell));
    }
  } catch (const std::exception& problem) {
    number.Missing(fmt::format("it cannot be made again: {}", problem.what()));
    return;
  }
  const CsvTable made = ParseCsv(SummaryCsv(Summarise(input)), "the summary made again");
  const std::string statistic = summary.Field(row, "statistic");
  for (size_t i = 0; i < made.rows.size(); ++i) {
    const bool point = statistic == "score";
    if (made.Field(i, "arm") != arm || made.Field(i, "statistic") != statistic ||
        (point && !SameText(made.Field(i, "n"), summary.Field(row, "n")))) {
      continue;
    }
    bool same = true;
    for (const std::string& column : made.columns) {
      const std::string then = summary.Field(row, column), now = made.Field(i, column);
      if (column == "task" || SameText(then, now)) continue;  // with a sweep, `task` names its point too
      same = false;
      number.Changed(fmt::format("{}: the table says {}, its runs give {}", column,
                                 then.empty() ? "nothing" : OneLine(then, 80),
                                 now.empty() ? "nothing" : OneLine(now, 80)));
    }
    if (same) number.Unchanged(fmt::format("made again from {}", Plural(input.cells.size(), "row") + " of cells.csv"));
    return;
  }
  number.Changed("its runs give no such number");
}

}  // namespace

SummaryTrace TraceSummary(const fs::path& runs_dir, const CsvTable& summary, size_t row, const CsvTable& cells,
                          const std::optional<double>& smallest_gap) {
  SummaryTrace trace{.number = {.name = "number", .path = summary.file.string()}, .runs = {}};
  TraceStep& number = trace.number;
  number.facts.emplace_back("row", fmt::format("{}: {}", row + 1, RowLabel(summary, row)));
  for (const char* column :
       {"mean", "mean_low", "mean_high", "gc", "gc_low", "gc_high", "n_text", "n_low_text", "n_high_text", "note"}) {
    if (const std::string value = summary.Field(row, column); !value.empty()) number.facts.emplace_back(column, value);
  }
  const std::vector<size_t> curve = RowsOfCurve(summary, row, cells);
  std::vector<size_t> behind;
  std::ranges::copy_if(curve, std::back_inserter(behind),
                       [&](size_t cell) { return IsBehind(summary, row, cells, cell); });
  if (behind.empty()) {
    number.Missing(fmt::format("{} has no row of that task, arm and N", cells.file.string()));
    return trace;
  }
  MakeAgain(runs_dir, summary, row, cells, curve, smallest_gap, number);
  // The arm's own rows first.
  std::stable_partition(behind.begin(), behind.end(), [&](size_t cell) { return !IsEnd(cells.Field(cell, "arm")); });
  std::set<std::string> seen;
  for (const size_t cell : behind) {
    if (seen.insert(cells.Field(cell, "run")).second) trace.runs.push_back(TraceRun(runs_dir, cells, cell));
  }
  return trace;
}

}  // namespace retort::lab
