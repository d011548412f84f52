// From a row of cells.csv through the run's folder to teacher, task and base.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/data/cell.h"
#include "core/data/sample_set.h"
#include "experiments/look/csv_table.h"
#include "experiments/look/trace_step.h"

namespace retort::lab {

struct RunTrace {
  std::string run;    // its hash
  std::string label;  // of its row
  std::vector<TraceStep> steps;
  std::optional<CellResult> result;  // with items, where they could be read
  std::optional<Manifest> manifest;
};

// Nothing is thrown for what a run lacks or has broken: that is what its steps say.
RunTrace TraceRun(const std::filesystem::path& runs_dir, const CsvTable& cells, size_t row);

}  // namespace retort::lab
