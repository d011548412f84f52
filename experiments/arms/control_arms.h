// Controls: rows that lack one thing that a teacher's answers have, so that the table can say what it was worth.
#pragma once

#include "experiments/design/experiment.h"

namespace retort::lab {

// The teacher's answers, each given to its neighbour's prompt: the same text, and none of it answers.
SampleSet ShuffledPairs(ArmContext& context, int n, uint64_t seed);
// The teacher's answers with every result drawn at random: the form of the steps, and nothing that they say. Folds:
// each step goes on from the random result before it; else every digit of the answer is another one.
SampleSet RandomResults(ArmContext& context, int n, uint64_t seed);
// The student's own answers, as it starts: training as such, on the right prompts.
SampleSet SelfDistilled(ArmContext& context, int n, uint64_t seed);
// Right answers to questions of the skills that the student has already. Folds only.
SampleSet Replayed(ArmContext& context, int n, uint64_t seed);

}  // namespace retort::lab
