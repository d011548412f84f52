// What the config says of groups of rows: those that are compared, and facts that a table shows beside them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/report/report.h"
#include "experiments/design/block.h"
#include "experiments/design/config.h"

namespace retort::lab {

// Adds what is wrong with contrast.against_task, compare and facts. Groups are not looked for: a block may be left out.
void CheckComparisons(const ExperimentConfig& main, std::vector<std::string>& problems);

// Comparisons and facts of the main config; of each group also how many parameters its base has.
void AddComparisons(const std::vector<std::unique_ptr<Block>>& blocks, ReportInput& input);

}  // namespace retort::lab
