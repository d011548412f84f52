// One entry of the assumption register: a number that nobody here measured, with what a reader needs to doubt it. The
// files are `configs/assumptions/*.toml`; an entry without a tag, with an unknown grade, or with a value outside its
// own range is refused with file and line by the configuration's reader. A what-if is an override of `value`; one
// beyond the range must move `low` or `high` too, and so says that it leaves what the register holds plausible.
#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "core/config/describe.h"

namespace retort {

struct Assumption {
  // Before `value`, whose range they are.
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  double value = 0;
  std::string unit;    // "requests an account and 30 days"
  std::string source;  // where it was read, or why it was chosen
  std::string date;    // of the source: when it held
  std::string grade;   // "measured here" | "published" | "alleged" | "assumed"
};

void Describe(Describer& d, Assumption& a);

// An entry with its name in the register.
struct NamedAssumption {
  std::string_view name, help;
  const Assumption* entry;
};

}  // namespace retort
