// What of a worked answer does the teaching? The teacher's answers with one thing changed: their order, their answer,
// their digits, their rule, or their steps for something as long. All but the last are as long as the teacher's, row by
// row.
#pragma once

#include <string>

#include "experiments/design/experiment.h"

namespace retort::lab {

// The steps of each answer in another order, and the answer behind them as before. Folds: words; else lines, or the
// sentences of a single line.
SampleSet StepsShuffled(ArmContext& context, int n, uint64_t seed);
// The steps as they were, and every digit of the answer another one.
SampleSet WrongAnswer(ArmContext& context, int n, uint64_t seed);
// Half of all digits of the text, steps and answer alike, are other ones.
SampleSet HalfCorrupted(ArmContext& context, int n, uint64_t seed);
// Right steps of a wrong rule, the same for all rows of a seed. Folds only.
SampleSet OtherRule(ArmContext& context, int n, uint64_t seed);
// A dot for each character of the steps, and the answer as it was.
SampleSet Filler(ArmContext& context, int n, uint64_t seed);
// Answers without their steps, of as many prompts as it takes until they have as many supervised tokens as n whole
// answers: at most one answer less.
SampleSet AnswersAtEqualTokens(ArmContext& context, int n, uint64_t seed);
// Arm::wants of it, by the task's reference solutions where it has them.
int RowsAtEqualTokens(ArmContext& context, int n, uint64_t seed);

// The rule that OtherRule teaches in place of `target`: one of the sixteen, drawn by the seed.
std::string OtherRuleOf(const std::string& target, uint64_t seed);
// ComputeCell; of the arm other_rule also which share of the held-out items is answered by that rule, and on which the
// two rules agree.
CellResult ComputeAnatomy(const CellRun& run);

}  // namespace retort::lab
