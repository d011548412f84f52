// What must stay secret is taken from the environment: a config is printed, kept beside every run and shared.
#pragma once

#include <string>
#include <string_view>

namespace retort {

// The value of the environment variable `name`; "" where `name` is empty. Throws Error that names `option` for one that
// is not set or empty. Neither the value nor `name`, which may be the value given by mistake, is ever in a message.
std::string FromEnvironment(std::string_view option, const std::string& name);

}  // namespace retort
