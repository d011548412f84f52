// From a composed tree to a struct, with every check. Room-internal.
#pragma once

#include <string>
#include <vector>

#include "core/config/problems.h"
#include "core/config/program.h"
#include "core/config/schema.h"
#include "core/config/tree.h"

namespace retort {

struct BindRules {
  Where origin;  // where a key that is missing should have stood
  // A text that ToToml wrote: "???" is a text like others, and an optional that it leaves out is unset.
  bool verbatim = false;
};

void Bind(const Node& root, const DescribeFn& describe, const std::vector<SchemaEntry>& schema, const BindRules& rules,
          Problems& problems);

}  // namespace retort
