// Runs cells in worker processes of this machine. A cell that fails, or whose worker dies, is tried once more at the
// end; the rest go on with a fresh worker. Where memory runs short the youngest worker's cell goes back to the queue
// and one worker less goes on.
#pragma once

#include <vector>

#include "experiments/launch/launcher.h"

namespace retort::lab {

// As Launch. At an interrupt the workers are killed.
std::vector<Failure> ComputeLocally(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options,
                                    Progress& progress);

}  // namespace retort::lab
