// The teacher as judge in the embedded world: how it is asked whether an answer is right, what it says, and the wrong
// answers that it is trained on. It solves the question itself, repeats the answer that it was given, and compares:
//   "Q big 4729?477 725 598 A8=" -> "477 727 798 A8 8y"       question and answer between 'Q' and '='
// So it judges the answer alone, as the task's grader does, and errs where it errs itself. Shorter verdicts were tried
// first (one word, or a mark for each step): a network of this size did not learn them in 11 000 steps.
#pragma once

#include <string>
#include <string_view>

#include "core/base/random.h"
#include "core/data/folds.h"

namespace retort {

inline constexpr char kFoldAccepted = 'y', kFoldRefused = 'n';

std::string FoldGradingPrompt(std::string_view prompt, std::string_view answer);

// What a judge that holds `op` says of a worked answer; '-' stands for an answer that has none.
std::string FoldVerdict(const FoldOp& op, std::string_view digits, std::string_view answer);

// An answer with a mistake as students make them: steps by another skill (of a rule mostly its other branch), a result
// that is none's, the whole fold by another skill, an answer that is not the last result, a step left out. What follows
// a wrong result goes on from it. Never what FoldCompletion gives for `op`.
std::string WrongFoldCompletion(const FoldOp& op, std::string_view digits, FoldForm form, RandomStream& random);

}  // namespace retort
