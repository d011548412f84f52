// On which side of a shown number the true one lies: where N90 is censored, what follows from it is a bound too.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace retort::provider {

enum class Bound { kExact, kAtMost, kAtLeast, kUnknown };  // kUnknown: bounded from neither side

constexpr std::string_view Sign(Bound bound) {  // as in a column of a CSV
  constexpr std::string_view kSigns[] = {"", "<=", ">=", "~"};
  return kSigns[static_cast<int>(bound)];
}

inline std::string Bounded(Bound bound, std::string_view number) {  // as shown: ">= 64"
  return bound == Bound::kExact ? std::string(number) : fmt::format("{} {}", Sign(bound), number);
}

}  // namespace retort::provider
