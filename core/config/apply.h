// One word of the command line put into the composed tree: a.b=v, +a.b=v, ++a.b=v, ~a.b. Room-internal.
#pragma once

#include "core/config/override.h"
#include "core/config/problems.h"
#include "core/config/tree.h"

namespace retort {

// `known_keys_only`: a.b=v wants that a file sets a.b, as Hydra does where no schema says what there is.
void ApplyOverride(const Override& change, bool known_keys_only, Node& root, Problems& problems);

}  // namespace retort
