// TOML text to tree. Room-internal; the only user of toml++ is toml_file.cc.
#pragma once

#include <string>
#include <string_view>

#include "core/config/tree.h"

namespace retort {

inline constexpr size_t kMaxTomlBytes = size_t{1} << 20;

// Throws Error at `file`:line for what is no TOML, is too large or too deep, or holds a date.
Node ParseToml(std::string_view text, const std::string& file);

}  // namespace retort
