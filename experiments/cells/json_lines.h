// Lines from stdin for programs that answer each line: a client may wait for one answer before it sends the next line,
// or send a million at once, so reading must be possible without waiting.
#pragma once

#include <cstddef>
#include <string>

namespace retort::lab {

class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}
  enum class Got { kLine, kNothingYet, kEnd };
  // The next line without its newline. `wait` = false: only what is there already. Throws Error for a line over 64 MiB.
  Got Next(bool wait, std::string& line);
  int number() const { return number_; }  // of the last line, from 1

 private:
  bool Fill(bool wait);  // false: nothing to read yet

  int fd_;
  int number_ = 0;
  bool ended_ = false;
  std::string buffer_;
  size_t begin_ = 0, searched_ = 0;
};

}  // namespace retort::lab
