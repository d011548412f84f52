// From a row of summary.csv to the runs behind it. The number itself is made again from those runs, by the code that
// makes the report, so that neither an edited table nor an edited score goes by unseen.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/look/csv_table.h"
#include "experiments/look/trace_run.h"
#include "experiments/look/trace_step.h"

namespace retort::lab {

struct SummaryTrace {
  TraceStep number;
  std::vector<RunTrace> runs;  // each once: the arm's, then base and teacher where the gap is measured from them
};

// `smallest_gap` as the experiment's config.toml has it.
SummaryTrace TraceSummary(const std::filesystem::path& runs_dir, const CsvTable& summary, size_t row,
                          const CsvTable& cells, const std::optional<double>& smallest_gap);

}  // namespace retort::lab
