// A PCRE2 pattern that finds an answer in a text. UTF-8; broken UTF-8 in the text matches nothing and does no harm; the
// work of one match is bounded, so that a catastrophic pattern finds nothing rather than hang.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace retort {

class AnswerPattern {
 public:
  explicit AnswerPattern(const std::string& pattern);  // throws Error with the offset, or if there is no group 1
  // Group 1 of the last match in which it took part.
  std::optional<std::string> Last(std::string_view text) const;
  // Whether there is a match anywhere, or a limit was reached before that could be told: for who must rather find too
  // much than too little. The work of the whole text is bounded: the longer it is, the less from each place in it.
  bool MayMatch(std::string_view text) const;

 private:
  std::shared_ptr<void> code_;
};

}  // namespace retort
