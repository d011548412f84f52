// Who is at the other end of a connection. The socket's peer decides; X-Forwarded-For, which anybody can write, is
// believed as far as the proxies go that the provider itself trusts.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "teacher/provider/ip_address.h"

namespace retort {

// `forwarded_for`: the values of all X-Forwarded-For headers, in their order, as if they were one list. From its end
// backwards: each address that is a trusted proxy's hands on to the one before; the first other one is the client. So
// whatever a client itself writes stands before its own address and is never reached. nullopt: a trusted proxy handed
// on what is no address, or more than 32 of them stand in a row: such a request is to be refused (400).
std::optional<IpAddress> ClientAddress(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                                       const CidrSet& trusted);

}  // namespace retort
