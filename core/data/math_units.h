// What stands around a number: currency signs, units, the names of things that are counted. Seen by this room's .cc
// files only.
#pragma once

#include <string>
#include <string_view>

namespace retort::math {

struct Quantity {
  std::string value;  // without its unit; a scale ("3 million") is multiplied in
  std::string unit;   // "$", "cm", "cm^2", "$/hour"; empty for none, and for words that measure nothing ("eggs")
};

// Of a text that Clean has seen. A text with no unit comes back as it is.
Quantity SplitUnit(std::string_view text);
// Whether two units can be the same: one is missing, they are equal, or one says "per what" and the other does not.
bool SameUnit(std::string_view a, std::string_view b);

}  // namespace retort::math
