// What an API may reveal, arm by arm: how its rows are asked for, and what its student learns from them.
#pragma once

#include "experiments/design/experiment.h"

namespace retort::lab {

// Arm::asks. Each sets what makes the arm, and throws Error where the config contradicts it.
void AskDrawn(ExperimentConfig& config);             // one answer to a prompt, drawn: needs a temperature
void AskGreedy(ExperimentConfig& config);            // one answer, the likeliest tokens
void AskFourDraws(ExperimentConfig& config);         // four to a prompt: N rows are of N / 4 prompts
void AskWithoutReasoning(ExperimentConfig& config);  // behind hide_reasoning: the last word is all that is shown
void AskReworded(ExperimentConfig& config);          // in other words than the student is examined in

// Arm::adjust.
void LearnFullLogits(CellConfig& config);
void LearnTop1(CellConfig& config);
void LearnTop2(CellConfig& config);
void LearnTop5(CellConfig& config);
void LearnAQuarter(CellConfig& config);  // of the steps: a student of few draws learns their noise by heart

// The first of n rows, as many as the tokens of n plain answers pay for. Full logits: each row is written and read once
// more. Reworded (digit folds only): each row is longer.
SampleSet FullLogitsAtEqualTokens(ArmContext& context, int n, uint64_t seed);
SampleSet RewordedAtEqualTokens(ArmContext& context, int n, uint64_t seed);

}  // namespace retort::lab
