// --plan: what a run would do and cost, before anything runs; and what earlier runs cannot be used for it, and why.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "experiments/cells/grid.h"
#include "experiments/cells/run_store.h"
#include "experiments/design/experiment.h"
#include "experiments/launch/launcher.h"

namespace retort::lab {

// `grid` was made without asking (OpenOptions::ask). Where no cell of it is done, one of 20 steps is computed in a
// temporary folder to see how long cells take.
std::string PlanText(const std::string& experiment, const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid,
                     const RunStore& store, const LaunchOptions& options, const CellFunction& compute);

// Runs of the store that were made for a row of the grid but by other inputs: "model" -> 12, "numerics 2/fused, now
// 3/fused" -> 4.
std::map<std::string, int> WhyNotReused(const Grid& grid, const RunStore& store);

}  // namespace retort::lab
