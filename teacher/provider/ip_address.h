// IP addresses and networks, v4 and v6. A v4 address is kept as the v6 address that maps it (::ffff:a.b.c.d, RFC 4291),
// so that the same client is the same however it is written. What tunnels v4 otherwise (6to4, Teredo, 64:ff9b::/96) is
// an address of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace retort {

struct IpAddress {
  std::array<uint8_t, 16> bytes{};

  bool is_v4() const;
  IpAddress Network(int prefix) const;  // the first `prefix` of 128 bits, zeros behind
  bool operator==(const IpAddress&) const = default;
  bool operator<(const IpAddress& other) const { return bytes < other.bytes; }
};

// Dotted v4 or v6, nothing around it: no port, no zone, no leading zeros in v4. nullopt for anything else.
std::optional<IpAddress> ParseIp(std::string_view text);
std::string ToString(const IpAddress& address);  // v4 dotted, v6 as RFC 5952 wants it

// Whom a limit or a log counts as one: a v4 address, or a v6 network of 64 bits, within which a subscriber changes at
// will. A provider may take another number of bits. "192.0.2.1", "2001:db8::/64".
std::string AddressGroup(const IpAddress& address, int v6_prefix = 64);

class CidrSet {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or an address alone. A v6 network that is larger than that of the mapped v4
  // addresses holds none of them: ::/0 is all of v6. Throws Error that says what is wrong, bits behind the prefix too.
  void Add(std::string_view network);
  bool Contains(const IpAddress& address) const;
  bool empty() const { return networks_.empty(); }

 private:
  std::map<int, std::set<IpAddress>> networks_;  // by length of prefix, of 128
};

// One network a line; empty lines and what follows '#' count for nothing. Throws Error at file:line.
CidrSet ReadCidrs(const std::filesystem::path& file);

}  // namespace retort
