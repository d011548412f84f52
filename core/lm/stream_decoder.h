// Ids to text as they come: what Push has given is never taken back, holds no half character, and together with Finish
// is exactly what Decode makes of all ids (which is this class, so there is one way to decode). Bytes of a character
// that is not whole yet wait for the next token; where the reference judges a run of byte tokens as one, the run waits.
#pragma once

#include <string>

#include "core/lm/tokenizer.h"

namespace retort {

class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}  // which must outlive it
  std::string Push(int id);
  std::string Finish();  // what was held back; afterwards the decoder begins anew

 private:
  std::string Settle(bool all);
  std::string Emit(std::string text);

  const Tokenizer& tokenizer_;
  std::string held_;      // bytes that no text came of yet
  bool started_ = false;  // some text came, or the space before the text was dropped
};

}  // namespace retort
