// ${a.b} and ${oc.env:NAME,default}. Room-internal.
#pragma once

#include <functional>

#include "core/config/problems.h"
#include "core/config/tree.h"

namespace retort {

// A copy of `root` with every interpolation resolved. `defaults` gives the values of options that no file sets; it is
// called at most once, and only if needed. What cannot be resolved is added to `problems` and left broken.
Node Interpolate(const Node& root, const std::function<Node()>& defaults, Problems& problems);

}  // namespace retort
