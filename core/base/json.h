// The one door for JSON from outside: size and depth limits, doubled keys, NaN and trailing text refused, the place
// named. nlohmann/json itself is included in .cc files only; here its forward declaration does.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace retort {

struct JsonLimits {
  size_t max_bytes = size_t{256} << 20;
  int max_depth = 64;
};

// Throws Error at `where` (its place becomes "byte N") for anything but one whole JSON value.
nlohmann::json ParseJson(std::string_view text, const Where& where, const JsonLimits& limits = {});

// One line, keys sorted, shortest round-trip numbers; bytes that are no UTF-8 become U+FFFD. Throws Error for NaN or
// infinity, which JSON has not.
std::string DumpJson(const nlohmann::json& value);

}  // namespace retort
