// What somebody can do who has a teacher's weights: keep those of its answers that are right, and let a student that
// was taught teach the next.
#pragma once

#include "experiments/design/experiment.h"

namespace retort::lab {

// The teacher's answers that the task's grader finds right, in the pool's order. Prompts and tokens count the dropped
// answers too. Throws Error where the pool has too few.
SampleSet RightAnswers(ArmContext& context, int n, uint64_t seed);

// Answers of the student that warm_start made, the first generation, to prompts that it has not learnt from. Nobody
// else is asked. For an arm with from_base, whose students are the second generation.
SampleSet TaughtByAStudent(ArmContext& context, int n, uint64_t seed);
// Throws Error without a warm start.
void CheckTaughtByAStudent(const ExperimentConfig& config);

}  // namespace retort::lab
