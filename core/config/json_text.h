// A tree as JSON. Room-internal.
#pragma once

#include <string>

#include "core/config/tree.h"

namespace retort {

// Two blanks a level, keys sorted; NaN and Infinity as Python's json writes them, which no JSON has.
std::string JsonText(const Node& node);

}  // namespace retort
