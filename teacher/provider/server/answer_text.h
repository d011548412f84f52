// An answer's text as its tokens come: what can be shown already, and whether a stop string ended it. What may be the
// beginning of a stop string, or of a character, waits; what was shown is never taken back, and in the end is exactly
// the tokenizer's text, cut before the stop string that is complete first (the longest of those), in whatever pieces it
// came.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/answerer.h"
#include "core/lm/stream_decoder.h"

namespace retort {

// The text up to where it must be cut, and what of it may be a stop string's beginning.
class StopMatcher {
 public:
  explicit StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {}
  // The part of all text so far that can be shown and was not.
  std::string Push(std::string_view text);
  std::string Finish();  // what was held back: no more text comes
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

class AnswerText {
 public:
  AnswerText(const Tokenizer& tokenizer, std::vector<std::string> stops)
      : decoder_(tokenizer), matcher_(std::move(stops)) {}

  bool Push(int id);   // false: the answer ends here
  void Finish();       // no more tokens come
  std::string Take();  // what can be shown and was not taken
  // Tokens from the first on whose whole text was taken.
  size_t tokens_taken() const { return tokens_taken_; }
  bool stopped() const { return matcher_.stopped(); }

 private:
  StreamDecoder decoder_;
  StopMatcher matcher_;
  std::string ready_;
  size_t decoded_ = 0, taken_ = 0, tokens_taken_ = 0;  // bytes, bytes, tokens
  std::vector<size_t> ends_;                           // of each token, in bytes of the text
};

// Cuts a whole answer in the same way, with the tokens of what is left.
void CutAtStop(const std::vector<std::string>& stops, Reply& reply);

}  // namespace retort
