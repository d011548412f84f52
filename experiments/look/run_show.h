// One run, told for a reader: what it is of, what it scored, where its rows come from. A file that cannot be read is
// said in its place.
#pragma once

#include <string>

#include "experiments/look/run_list.h"

namespace retort::lab {

std::string ShowRun(const RunEntry& run);

}  // namespace retort::lab
