#include "core/base/random.h"

#include <cassert>
#include <cmath>
#include <numbers>

#include "core/base/hash.h"

namespace retort {

RandomStream::RandomStream(uint64_t seed, std::string_view name) : engine_(StableHash(seed, name)) {}

uint64_t RandomStream::Below(uint64_t n) {
  assert(n > 0);
  const uint64_t limit = ~uint64_t{0} - ~uint64_t{0} % n;  // a multiple of n
  uint64_t value = Next();
  while (value >= limit) value = Next();
  return value % n;
}

double RandomStream::Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

double RandomStream::Normal() {
  const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
  return radius * std::cos(2 * std::numbers::pi * Uniform());
}

}  // namespace retort
