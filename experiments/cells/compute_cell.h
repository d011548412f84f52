// The real computation of one cell: load the base, train it on the rows, evaluate. Or evaluate base or teacher as they
// are.
#pragma once

#include <functional>

#include "experiments/design/experiment.h"

namespace retort {
class LocalModel;
}

namespace retort::lab {

// What an experiment measures on a student beside, once it is trained and while its weights are there; what that
// depends on must be part of the cell's identity (experiments/cells/grid.cc).
using StudentProbe = std::function<void(const CellRun&, LocalModel& student, CellResult&)>;

CellResult ComputeCell(const CellRun& run, const StudentProbe& probe = {});

// Fills items, means and retained_skill. `scorer` may be null where the metric is exact_match.
void EvaluateModel(const TaskConfig& task_config, const Task& task, const EvaluationConfig& config,
                   const std::vector<Item>& items, uint64_t seed, Answerer& answerer, LikelihoodScorer* scorer,
                   CellResult& result);

}  // namespace retort::lab
