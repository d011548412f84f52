// One word of the command line, in Hydra's override grammar: a.b=v, +a.b=v, ++a.b=v, ~a.b, group@place=choice.
// Room-internal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/problems.h"
#include "core/config/value.h"

namespace retort {

struct Override {
  enum class Kind { kSet, kAdd, kForce, kRemove } kind = Kind::kSet;
  std::string key;                     // as written: "a.b", or a group "a/b"
  std::optional<std::string> package;  // of group@package
  std::optional<Value> value;          // none for ~key, and where it could not be read
  bool broken = false;                 // its value could not be read, which was complained about
  std::string text;                    // of the value, as written

  const Sweep* sweep() const { return value ? value->as<Sweep>() : nullptr; }
  std::string Element() const;  // all before the '=': "+a/b@c"
  std::string GroupKey() const { return package ? key + "@" + *package : key; }
};

// Problems are added; a word whose key cannot be read gives nullopt.
std::optional<Override> ParseOverride(std::string_view word, Problems& problems);
// For a sweep where one run is asked for.
void AddSweepProblem(const Override& change, Problems& problems);

}  // namespace retort
