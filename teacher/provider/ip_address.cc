#include "teacher/provider/ip_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/trim.h"

namespace retort {
namespace {

constexpr int kBits = 128, kV4Begins = 96;
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

IpAddress IpAddress::Network(int prefix) const {
  IpAddress network;
  for (int i = 0; i < 16; ++i) {
    const int bits = std::clamp(prefix - 8 * i, 0, 8);
    const auto at = static_cast<size_t>(i);
    network.bytes[at] = static_cast<uint8_t>(bytes[at] & (0xff00 >> bits));
  }
  return network;
}

std::optional<IpAddress> ParseIp(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  IpAddress address;
  if (copy.find(':') != std::string::npos) {
    if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  std::ranges::copy(kMapped, address.bytes.begin());
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data() + kMapped.size()) != 1) return std::nullopt;
  return address;
}

std::string ToString(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.is_v4()) {
    inet_ntop(AF_INET, address.bytes.data() + kMapped.size(), text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
  }
  return text.data();
}

std::string AddressGroup(const IpAddress& address, int v6_prefix) {
  return address.is_v4() ? ToString(address) : fmt::format("{}/{}", ToString(address.Network(v6_prefix)), v6_prefix);
}

void CidrSet::Add(std::string_view network) {
  const size_t slash = network.find('/');
  const auto address = ParseIp(network.substr(0, slash));
  if (!address) throw Error(fmt::format("{} is no IP address or network", Excerpt(network)));
  const bool dotted = network.substr(0, slash).find(':') == std::string_view::npos;
  const int most = dotted ? kBits - kV4Begins : kBits;
  int prefix = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = network.substr(slash + 1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (problem != std::errc() || end != digits.data() + digits.size() || prefix < 0 || prefix > most) {
      throw Error(fmt::format("{}: behind the slash stands a number from 0 to {}", Excerpt(network), most));
    }
  }
  if (dotted) prefix += kV4Begins;
  if (address->Network(prefix) != *address) {
    throw Error(fmt::format("{} has bits behind its prefix; its network is {}/{}", Excerpt(network),
                            ToString(address->Network(prefix)), dotted ? prefix - kV4Begins : prefix));
  }
  networks_[prefix].insert(*address);
}

bool CidrSet::Contains(const IpAddress& address) const {
  const int least = address.is_v4() ? kV4Begins : 0;
  return std::any_of(networks_.lower_bound(least), networks_.end(),
                     [&](const auto& entry) { return entry.second.contains(address.Network(entry.first)); });
}

CidrSet ReadCidrs(const std::filesystem::path& file) {
  CidrSet set;
  ForEachLine(file, [&](std::string_view line, int number) {
    const std::string_view network = TrimText(line.substr(0, line.find('#')));
    if (network.empty()) return true;
    try {
      set.Add(network);
    } catch (const Error& error) {
      throw Error({.file = file.string(), .line = number}, error.what());
    }
    return true;
  });
  return set;
}

}  // namespace retort
