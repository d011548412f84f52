// Putting one tree over another, as OmegaConf merges. Room-internal.
#pragma once

#include <string>
#include <vector>

#include "core/config/problems.h"
#include "core/config/tree.h"

namespace retort {

struct MergeRules {
  bool known_keys_only = false;  // a key that is not there yet is a problem
};

// `from` over what stands at `path` of `root`: tables merge deeply, "???" changes nothing that is there, a table on a
// list (or a list on a table) is a problem, and all else replaces. The table above `path` must be there.
void MergeAt(Node& root, const std::vector<std::string>& path, Node from, const MergeRules& rules, Problems& problems);

}  // namespace retort
