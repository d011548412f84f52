// Arms that choose: training sets of equal size, each by another rule from the same candidates, the answers of a
// teacher to all prompts of a seed's pool. A rule orders the candidates, and N takes the first: so the rows of a small
// N begin those of every larger one. Where a rule looks at answers, the teacher is paid for all of them, and the
// manifest says so: what was thrown away is a column ("thrown_away_tokens"). Ties keep the pool's order, which is
// random.
#pragma once

#include <string>
#include <vector>

#include "experiments/design/experiment.h"

namespace retort::lab {

// By no rule: the pool's order.
SampleSet RandomChoice(ArmContext& context, int n, uint64_t seed);
// Next the answer with most words that none before it has; when none has a new one, the words begin anew.
SampleSet Diverse(ArmContext& context, int n, uint64_t seed);
SampleSet Longest(ArmContext& context, int n, uint64_t seed);  // by characters of the answer
// By the likelihood of the answer's tokens under the student as it starts: the least likely first, or the most.
SampleSet Hardest(ArmContext& context, int n, uint64_t seed);
SampleSet Easiest(ArmContext& context, int n, uint64_t seed);
// The student answers all prompts as it starts: those first that the task's grader finds wrong, and of these the ones
// with fewest right steps. It is billed for the chosen alone, which is all that the rule needs; here all prompts are
// asked, since arms share their answers.
SampleSet ByErrors(ArmContext& context, int n, uint64_t seed);
// Prompts that the teacher writes (collect.prompts=teacher), and its answers to them. Prompts that were dropped
// (malformed, double, held out) are paid for.
SampleSet Written(ArmContext& context, int n, uint64_t seed);
void CheckWritten(const ExperimentConfig& config);  // throws Error unless the teacher writes
// Throws Error where prompts have several answers, or the teacher writes them: then candidates are not the task's pool.
void CheckChoice(const ExperimentConfig& config);
// The arm of a rule that chooses from the answers to the whole pool.
Arm Choosing(std::string name, std::string description, SampleSet (*rows)(ArmContext&, int n, uint64_t seed));

// Indices of `texts` in the order of Diverse.
std::vector<size_t> ByNewWords(const std::vector<std::string>& texts);

}  // namespace retort::lab
