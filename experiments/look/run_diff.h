// Two runs beside each other: what was set and put in differently, and what came out, paired over the items that both
// answered.
#pragma once

#include <string>

#include "experiments/look/run_list.h"

namespace retort::lab {

std::string DiffRuns(const RunEntry& a, const RunEntry& b);

}  // namespace retort::lab
