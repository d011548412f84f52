// The lines that `generate` and `score` read: {"ids": [..]} or {"text": ".."}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/lm/local_model.h"

namespace retort::lab {

// Throws Error at stdin:line. A text is encoded with its special tokens, after BOS where plain texts of this tokenizer
// have one; with `chat` it is a user's turn.
std::vector<int> ReadTokenLine(std::string_view line, int number, const LocalModel& model, bool chat);

}  // namespace retort::lab
