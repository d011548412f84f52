// Tokens that are found in a text before it is cut into words: <|im_start|> and its like. Semantics of the added
// vocabulary of Hugging Face `tokenizers`: leftmost, longest match; those marked `normalized` are sought in a second
// pass over what the first left, once it is normalized.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/lm/normalizer.h"

namespace retort {

struct AddedToken {
  int id = -1;
  std::string content;
  bool special = false;  // skipped by Decode, left as text by Encode
  bool normalized = false;
  bool lstrip = false, rstrip = false;  // swallows white space on that side
  bool single_word = false;             // only between characters that are not of words
};

// A part of a text: a token (id >= 0) or text still to be encoded.
struct TextPart {
  int id;
  std::string_view text;
};

class AddedTokens {
 public:
  // No content is empty. A `normalized` token is found by what `normalizer` makes of its content.
  explicit AddedTokens(std::vector<AddedToken> tokens, const Normalizer& normalizer = {});
  const std::vector<AddedToken>& tokens() const { return tokens_; }
  // Cuts valid UTF-8 at the tokens that are (not) `normalized`. Without `with_specials` special tokens stay text.
  std::vector<TextPart> Cut(std::string_view text, bool normalized, bool with_specials) const;

 private:
  std::vector<AddedToken> tokens_;                   // longest first; the content is that which is sought
  std::array<std::vector<size_t>, 256> first_byte_;  // indices of tokens, longest first
};

}  // namespace retort
