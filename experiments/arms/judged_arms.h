// The arms of "the newer model learns because the older one judges its answers": here N counts the teacher's tokens,
// read and written, that an arm may spend. Each takes the prompts of the pool in their order, behind those of the warm
// start, and stops before the prompt that would go beyond its budget. What the arms that pay nothing get is what
// teacher_accepts got at the same N: as many of the student's answers.
#pragma once

#include "experiments/design/experiment.h"

namespace retort::lab {

// The teacher answers; the student learns its answers.
SampleSet Imitation(ArmContext& context, int tokens, uint64_t seed);
// The student answers, the teacher judges; the student learns its own answers that were accepted.
SampleSet TeacherAccepts(ArmContext& context, int tokens, uint64_t seed);
// The same answers, judged by the task's grader: what a judge without mistakes would have given.
SampleSet OracleAccepts(ArmContext& context, int tokens, uint64_t seed);
// As many of the same answers, drawn at random.
SampleSet RandomAccepts(ArmContext& context, int tokens, uint64_t seed);
// Of several answers to a prompt the first of those that agree most; nobody judges.
SampleSet SelfMajority(ArmContext& context, int tokens, uint64_t seed);
// Of several answers to a prompt the one that the teacher's verdict puts first, accepted or not.
SampleSet BestOfK(ArmContext& context, int tokens, uint64_t seed);
// The best and the worst of them as a pair, where one is accepted and one is not.
SampleSet BestAgainstWorst(ArmContext& context, int tokens, uint64_t seed);
// The teacher gives several answers to a prompt, and the student learns the one that it finds likeliest.
SampleSet StudentChooses(ArmContext& context, int tokens, uint64_t seed);
// Prompts to answer while it learns, the teacher judging each token; the trainer keeps the budget. Its own first
// answers stand in the rows, and are not learnt.
SampleSet OnPolicyPrompts(ArmContext& context, int tokens, uint64_t seed);

}  // namespace retort::lab
