// What the student of a cell answers.
#pragma once

#include <vector>

#include "core/data/sample.h"
#include "core/data/task.h"
#include "experiments/design/config.h"

namespace retort::lab {

// The held-out items; where config.validation_items > 0, so many prompts from the end of the pool that the samples were
// drawn from. Throws Error where the pool is too small for both.
std::vector<Item> EvaluationItems(const CellConfig& config, const Task& task, const std::vector<Sample>& samples);

}  // namespace retort::lab
