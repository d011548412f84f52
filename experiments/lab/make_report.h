// The tables and the page of a grid, from the cells of it that are done: at the end of a run, now and then during it,
// and at any time by --report.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/report/report.h"
#include "experiments/cells/grid.h"
#include "experiments/cells/run_store.h"
#include "experiments/design/experiment.h"

namespace retort::lab {

// `command`: the line that makes all of it again; `account`: of what refine did, may be empty.
ReportOutput WriteTables(const Experiment& experiment, const std::string& command,
                         const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store,
                         const std::string& account, const std::filesystem::path& folder);

}  // namespace retort::lab
