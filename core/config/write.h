// From a struct back to TOML. Room-internal; the public functions are in program.h.
#pragma once

#include <string>

#include "core/config/program.h"
#include "core/config/tree.h"

namespace retort {

struct WriteRules {
  const Node* kinds = nullptr;        // a tree that chooses the kinds of unions; else those that the struct has
  bool escape_interpolation = false;  // for a text that will be composed again
};
std::string WriteToml(const DescribeFn& describe, const WriteRules& rules);

}  // namespace retort
