// What a tokenizer.json does to a text before it is cut into words: the `normalizer`, as a list of steps. NFC is
// libutf8proc's, held back from characters younger than the Unicode version that the reference normalises by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retort {

struct NormalizerStep {
  enum class Kind { kNfc, kPrepend, kReplace } kind = Kind::kNfc;
  std::string from = {}, to = {};  // kPrepend puts `to` before a text that is not empty
};

using Normalizer = std::vector<NormalizerStep>;

// `text` is valid UTF-8. Without `prepend`, as where it goes on from another, kPrepend does nothing.
std::string Normalize(const Normalizer& steps, std::string_view text, bool prepend = true);

void ReplaceAll(std::string_view from, std::string_view to, std::string& text);  // `from` is not empty

}  // namespace retort
