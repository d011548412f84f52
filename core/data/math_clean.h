// From an answer as it is written, plain text, LaTeX or Unicode, to one plain spelling: commands of layout gone,
// fractions as \frac, thousands without separators, relations as < <= = >= >. Seen by this room's .cc files only.
#pragma once

#include <string>
#include <string_view>

namespace retort::math {

// Single characters that stand for what has several spellings; control characters of the text itself are dropped.
inline constexpr char kOpenSet = '\x01', kCloseSet = '\x02';
inline constexpr char kDollar = '\x03', kEuro = '\x04', kPound = '\x05';

std::string Clean(std::string_view text);

}  // namespace retort::math
