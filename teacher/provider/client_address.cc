#include "teacher/provider/client_address.h"

#include "core/base/trim.h"

namespace retort {
namespace {

constexpr int kMostProxies = 32;

bool IsPort(std::string_view text) {
  return text.starts_with(':') && text.size() <= 6 && text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// An address, or one with a port behind it: "192.0.2.1:443", "[2001:db8::1]:443".
std::optional<IpAddress> ParseHop(std::string_view text) {
  text = TrimText(text);
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    port = text.substr(end + 1);
    text = text.substr(1, end - 1);
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    port = text.substr(colon);
    text = text.substr(0, colon);
  }
  if (!port.empty() && !IsPort(port)) return std::nullopt;
  return ParseIp(text);
}

}  // namespace

std::optional<IpAddress> ClientAddress(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                                       const CidrSet& trusted) {
  IpAddress client = peer;
  int hops = 0;
  for (size_t i = forwarded_for.size(); i > 0; --i) {
    std::string_view rest = forwarded_for[i - 1];
    for (bool more = true; more;) {
      if (!trusted.Contains(client)) return client;
      const size_t comma = rest.rfind(',');
      more = comma != std::string_view::npos;
      const auto hop = ParseHop(more ? rest.substr(comma + 1) : rest);
      if (!hop || ++hops > kMostProxies) return std::nullopt;
      client = *hop;
      if (more) rest = rest.substr(0, comma);
    }
  }
  return client;
}

}  // namespace retort
