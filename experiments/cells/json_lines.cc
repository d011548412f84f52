#include "experiments/cells/json_lines.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"

namespace retort::lab {
namespace {

constexpr size_t kMaxLine = size_t{64} << 20;

}  // namespace

bool LineReader::Fill(bool wait) {
  pollfd poller{fd_, POLLIN, 0};
  if (!wait && poll(&poller, 1, 0) <= 0) return false;
  std::array<char, 1 << 16> bytes{};
  const ssize_t n = read(fd_, bytes.data(), bytes.size());
  if (n < 0 && errno != EINTR) throw Error({.file = "stdin"}, fmt::format("cannot read: {}", std::strerror(errno)));
  if (n == 0) ended_ = true;
  if (n > 0) buffer_.append(bytes.data(), static_cast<size_t>(n));
  return true;
}

LineReader::Got LineReader::Next(bool wait, std::string& line) {
  for (;;) {
    const size_t end = buffer_.find('\n', searched_);
    if (end != std::string::npos || (ended_ && begin_ < buffer_.size())) {
      const size_t stop = end == std::string::npos ? buffer_.size() : end;
      line = buffer_.substr(begin_, stop - begin_);
      if (line.ends_with('\r')) line.pop_back();
      begin_ = searched_ = std::min(stop + 1, buffer_.size());
      ++number_;
      return Got::kLine;
    }
    if (ended_) return Got::kEnd;
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched_ = buffer_.size();
    if (buffer_.size() > kMaxLine) throw Error({.file = "stdin", .line = number_ + 1}, "a line has more than 64 MiB");
    if (!Fill(wait)) return Got::kNothingYet;
  }
}

}  // namespace retort::lab
