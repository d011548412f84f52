// What a server's headers say of when to ask again.
#pragma once

#include <map>
#include <string>

namespace retort {

// Seconds that `retry-after-ms` or `retry-after` (seconds, or an HTTP date) asks to wait; 0 where neither says.
double RetryAfter(const std::map<std::string, std::string>& headers);

// Seconds until the server allows more, where it says that no requests or no tokens are left
// (`x-ratelimit-remaining-requests: 0` and `x-ratelimit-reset-requests: 6m0s`; the same of tokens); else 0.
double UntilMoreIsAllowed(const std::map<std::string, std::string>& headers);

}  // namespace retort
