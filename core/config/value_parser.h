// From the text after '=' to a value, in Hydra 1.3's grammar. Room-internal.
#pragma once

#include <string_view>

#include "core/config/value.h"

namespace retort {

// Throws Error at `where` for what is no value. a,b is a sweep; calls (choice, range, int, ...) are evaluated.
Value ParseValue(std::string_view text, const Where& where);

}  // namespace retort
