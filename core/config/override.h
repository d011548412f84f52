// One word of the command line, in Hydra's override grammar: a.b=v, +a.b=v, ++a.b=v, ~a.b, group=choice. Room-internal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/problems.h"
#include "core/config/tree.h"

namespace retort {

struct Override {
  enum class Kind { kSet, kAdd, kForce, kRemove } kind = Kind::kSet;
  std::string key;            // as written: "a.b", or a group "a/b"
  std::optional<Node> value;  // broken where it could not be read; none only for ~key
  std::string text;           // of the value, as written

  // The value as the name of a file; nullopt for a list or a table.
  std::optional<std::string> Choice() const;
};

// Problems are added; a word whose key cannot be read gives nullopt.
std::optional<Override> ParseOverride(std::string_view word, Problems& problems);

}  // namespace retort
