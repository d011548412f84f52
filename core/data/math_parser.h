// From the text of an expression to its values. Seen by this room's .cc files only.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/data/math_number.h"

namespace retort {

// One number, or one for each of the points at which an expression with variables is known.
using Values = std::vector<Number>;

// nullopt for what is no expression that this knows, or too long or too deep.
std::optional<Values> ParseMath(std::string_view text);

Values Combine(const Values& a, const Values& b, const std::function<Number(const Number&, const Number&)>& f);

}  // namespace retort
