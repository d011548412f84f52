// Where an API is and what opens it: the checks of address and key, before anything is sent.
#pragma once

#include <string>

namespace retort {

struct ApiTeacherConfig;

// Trimmed; empty where none is configured. Throws Error for one that is missing, empty or no key. No message ever holds
// what was configured: somebody may have put the key itself there.
std::string ReadApiKey(const ApiTeacherConfig& config);

// base_url without a slash at its end. Throws Error unless it is http or https, without user, password, query or
// fragment; with a key, http only to this machine.
std::string CheckedBaseUrl(const ApiTeacherConfig& config, bool has_key);

}  // namespace retort
