// Interpolations of a composed tree, resolved. Room-internal.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/config/problems.h"
#include "core/config/tree.h"

namespace retort {

// A copy of `root` with every interpolation resolved. `defaults` gives the values of options that no file sets; it is
// called at most once, and only if needed. What cannot be resolved is added to `problems` and left broken.
Node Interpolate(const Node& root, const std::function<Node()>& defaults, Problems& problems);

// One text, with the keys of `known`; nullopt, and a problem at `where`, unless it gives a text.
std::optional<std::string> InterpolateText(const std::string& text, const Node& known, const Where& where,
                                           Problems& problems);

}  // namespace retort
