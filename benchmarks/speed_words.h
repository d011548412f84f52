// The words of speed_bench's command line, taken from the left.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace retort {

class Words {
 public:
  Words(int argc, char** argv) : words_(argv + 1, argv + argc) {}
  std::string Text() {
    if (next_ == words_.size()) throw Error("too few words");
    return words_[next_++];
  }
  int64_t Number() {
    const std::string word = Text();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value < 1) {
      throw Error(fmt::format("\"{}\" is no positive number", word));
    }
    return value;
  }
  int Int() { return static_cast<int>(Number()); }

 private:
  std::vector<std::string> words_;
  size_t next_ = 0;
};

}  // namespace retort
