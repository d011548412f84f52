// Cells as array jobs of a Slurm cluster, a task a cell. What a job is of stands in the run store, under jobs/<name>/:
//   cells.jsonl       what its tasks compute, a line a task
//   job.sh            as it was submitted
//   job.json          its name, id and cells: so that whoever starts later waits for them and does not submit them anew
//   task-<index>.log  what became of each
// Not ours to keep: a job outlives the process that submitted it.
#pragma once

#include <string>
#include <vector>

#include "experiments/launch/launcher.h"

namespace retort::lab {

// As Launch. Cells that failed go into one second array job. At an interrupt the jobs go on.
std::vector<Failure> ComputeOnSlurm(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options,
                                    Progress& progress);

// The text that would be submitted for so many cells.
std::string SbatchText(size_t cells, const RunStore& store, const LaunchOptions& options);

}  // namespace retort::lab
