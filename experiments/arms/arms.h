// The arms that experiments share, but for the controls of control_arms.h.
#pragma once

#include "experiments/design/experiment.h"

namespace retort::lab {

// The teacher's answers as they came.
SampleSet TeacherAnswers(ArmContext& context, int n, uint64_t seed);
// The same prompts, and of each of the teacher's answers the last word only: the answer without its steps.
SampleSet AnswersOnly(ArmContext& context, int n, uint64_t seed);
// The same prompts with the task's own reference solutions; no teacher is asked.
SampleSet References(ArmContext& context, int n, uint64_t seed);
// The same prompts, each with text that has nothing to do with it and is as long as the teacher's answer: what training
// as such does. Folds: worked steps of an old skill on other digits; else prose.
SampleSet Unrelated(ArmContext& context, int n, uint64_t seed);

}  // namespace retort::lab
