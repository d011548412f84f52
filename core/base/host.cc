#include "core/base/host.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace retort {

std::string HostName() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0) return "unknown";
  std::string name = buffer.data();
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || static_cast<unsigned char>(c) <= ' '; }, '_');
  return name.empty() ? "unknown" : name;
}

}  // namespace retort
