// A worker without a main process: one cell of a file of specs, as a task of a cluster computes it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/design/experiment.h"

namespace retort::lab {

// Flags of a program that is such a task, beside --worker: --cells=FILE --index=NUMBER.
inline constexpr char kCellsFlag[] = "--cells", kIndexFlag[] = "--index";
int CellTask(const std::vector<std::string>& flags, const CellFunction& compute);

// Line `index` (from 0) of `cells`. Waits where another process is at work on the cell. stderr goes to the cell's
// worker.log; what became of it is told on stdout, the task's log. Returns the exit code: 0 done, 1 failed.
int ComputeCellTask(const std::filesystem::path& cells, int index, const CellFunction& compute);

}  // namespace retort::lab
