// Gathers every problem of a config, so that the user sees all of them at once. Room-internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace retort {

class Problems {
 public:
  // The same line twice counts once.
  void Add(const Where& where, std::string_view problem, std::string_view mend = {});
  void Add(const Where& where, const Error& error);  // a message that names its place itself
  void Join(const Problems& others) { lines_.insert(lines_.end(), others.lines_.begin(), others.lines_.end()); }
  bool any() const { return !lines_.empty(); }
  bool full() const { return lines_.size() >= kMaxLines; }  // more are only counted: costly advice can be left out
  // One Error, a line a problem: by file and line, the command line last.
  void ThrowIfAny() const;

 private:
  static constexpr size_t kMaxLines = 50;   // that are shown
  static constexpr size_t kMaxKept = 1000;  // that are sorted; the rest is only counted
  struct Line {
    bool command_line;
    std::string file;
    int line;
    std::string message;
  };
  std::vector<Line> lines_;
  size_t dropped_ = 0;
};

// The candidate with the smallest edit distance to `word`; empty if none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);
// "did you mean a?"; empty if none is near.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace retort
