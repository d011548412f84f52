#include "core/base/host.h"

#include <ifaddrs.h>
#include <net/if.h>
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

bool HasNetwork() {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return true;  // nobody knows
  bool found = false;
  for (const ifaddrs* one = interfaces; one != nullptr; one = one->ifa_next) {
    found = found || ((one->ifa_flags & IFF_UP) != 0 && (one->ifa_flags & IFF_LOOPBACK) == 0);
  }
  freeifaddrs(interfaces);
  return found;
}

}  // namespace retort
