// The real computation of one cell: load the base, train it on the rows, evaluate. Or evaluate base or teacher as they
// are.
#pragma once

#include "experiments/lab/experiment.h"

namespace retort::lab {

CellResult ComputeCell(const CellRun& run);

// Fills items, means and retained_skill. `scorer` may be null where the metric is exact_match.
void EvaluateModel(const TaskConfig& task_config, const Task& task, const EvaluationConfig& config,
                   const std::vector<Item>& items, uint64_t seed, Answerer& answerer, LikelihoodScorer* scorer,
                   CellResult& result);

}  // namespace retort::lab
