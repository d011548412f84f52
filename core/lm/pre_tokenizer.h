// Cuts text into the words that byte-pair encoding works within: the `pre_tokenizer` of a tokenizer.json, as a list of
// steps each of which cuts the pieces that the one before left.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lm/pattern.h"
#include "core/lm/tokenizer.h"

namespace retort {

// What becomes of the matches of a pattern, by the names of Hugging Face `tokenizers`.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

enum class PrefixScheme { kNever, kFirst, kAlways };

struct PreTokenizerStep {
  std::optional<PrefixScheme> metaspace;  // spaces become U+2581, and one is put in front; before the pattern
  std::optional<Pattern> pattern;         // none: nothing is cut
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;            // matches and gaps change roles
  bool add_prefix_space = false;  // each piece gets a space in front unless it has one; before the pattern
};

using PreTokenizer = std::vector<PreTokenizerStep>;

inline constexpr std::string_view kSpaceMark = "\u2581";

// The pieces of a text, in order. (Strings, since a prefix space changes them.) Where the text stands decides whether
// it gets a prefix.
std::vector<std::string> PreTokenize(const PreTokenizer& steps, std::string_view text, Tokenizer::Place place);

}  // namespace retort
