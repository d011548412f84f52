// Removes runs so that a crash in between leaves none that looks done: result.json goes first, under the run's own
// lock. Links are removed, never followed, and nothing but run folders of the store is touched.
#pragma once

#include <filesystem>

#include "experiments/look/run_list.h"

namespace retort::lab {

// Throws Error if a process computes it, if it is no run folder, or if the file system refuses.
void RemoveRun(const RunEntry& run);

// Days since it was done; where nobody wrote that down, since the youngest of its files was written.
double AgeInDays(const RunEntry& run);

}  // namespace retort::lab
