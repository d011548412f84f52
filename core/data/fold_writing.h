// Digit folds as questions that a teacher writes: how it is asked for one, "T big=", and what of its reply is one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/data/task.h"

namespace retort {

// The kind of questions that all of `examples` are: their operation and form, and the numbers of digits that they have.
struct FoldKind {
  std::string op;
  char form = '?';
  size_t min_digits = 0, max_digits = 0;

  std::string Request() const;                   // FoldWritingPrompt
  bool Contains(std::string_view prompt) const;  // a well-formed question of this kind
};
// nullopt unless all are digit folds of one operation and form.
std::optional<FoldKind> FoldKindOf(std::span<const Item> examples);

}  // namespace retort
