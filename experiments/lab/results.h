// From finished cells to the tables: what the report room needs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/report/report.h"
#include "experiments/cells/grid.h"
#include "experiments/cells/run_store.h"

namespace retort::lab {

// Every row whose cell is done.
std::vector<CellResult> ReadResults(const Grid& grid, const RunStore& store);

// "teacher 3 min 20 s, references 2 min 51 s, ...": what the workers took for the cells of each arm.
std::string TimeByArm(const Grid& grid, const RunStore& store);

// Three held-out items of each task, answered at N = 0, two middle N of the first arm, and by the teacher, all of seed
// 0.
std::vector<Transcript> MakeTranscripts(const std::vector<CellResult>& results,
                                        const std::vector<std::unique_ptr<Block>>& blocks);

}  // namespace retort::lab
