// The values of range() with a fraction in it. Room-internal.
#pragma once

#include <cstddef>
#include <vector>

#include "core/config/value.h"

namespace retort {

// start, start + step, ... below (above, for a negative step) stop. Stops after `most` + 1 values.
std::vector<double> FloatRange(const Number& start, const Number& stop, const Number& step, size_t most);

}  // namespace retort
