// The teacher as judge in the embedded world: how it is asked whether an answer is right, and the wrong answers that it
// is trained on. One character is the verdict, so that its probability can rank answers.
//   "Q big 4729?477 727 798 A8=" -> "y"       question and answer between 'Q' and '='
// A verdict speaks of the whole text: an answer that is right by luck after a wrong step is to be refused.
#pragma once

#include <string>
#include <string_view>

#include "core/base/random.h"
#include "core/data/folds.h"

namespace retort {

inline constexpr char kFoldAccepted = 'y', kFoldRefused = 'n';

std::string FoldGradingPrompt(std::string_view prompt, std::string_view answer);

// An answer with a mistake as students make them: steps by another skill (of a rule mostly its other branch), a result
// that is none's, the whole fold by another skill, an answer that is not the last result, a step left out. What follows
// a wrong result goes on from it. Never what FoldCompletion gives for `op`.
std::string WrongFoldCompletion(const FoldOp& op, std::string_view digits, FoldForm form, RandomStream& random);

}  // namespace retort
