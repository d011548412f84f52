// A described struct as TOML text: what a run's config.toml holds and what its hash covers. Open to every room, as
// describe.h is: a room that hashes its own config needs nothing else of this one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/config/describe.h"

namespace retort {

using DescribeFn = std::function<void(Describer&)>;

// The resolved config as TOML, every key with its value, in Describe order.
std::string ToToml(const DescribeFn& describe);
// The same, only keys with Option::numerics: what a run's hash covers.
std::string NumericsToml(const DescribeFn& describe);
template <class T>
std::string ToToml(const T& config) {
  T copy = config;
  return ToToml(DescribeFn([&](Describer& d) { Describe(d, copy); }));
}
template <class T>
std::string NumericsToml(const T& config) {
  T copy = config;
  return NumericsToml(DescribeFn([&](Describer& d) { Describe(d, copy); }));
}
// Binds a text that ToToml wrote (a run's config.toml), exactly: no interpolation, and an optional that the text leaves
// out is unset.
void FromToml(std::string_view text, const std::string& file, const DescribeFn& describe);

}  // namespace retort
