// Composition as Hydra does it: the primary file, the defaults lists, group choices, then overrides. Room-internal.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/config/defaults.h"
#include "core/config/problems.h"
#include "core/config/program.h"
#include "core/config/tree.h"

namespace retort {

struct ComposeRules {
  // The struct has a plain option of this name, so that key=value is meant for it even if a folder has the same name.
  std::function<bool(const std::string&)> is_option = [](const std::string&) { return false; };
  bool known_keys_only = false;  // no schema says what there is: a.b=v wants that a file sets a.b
};

struct Composition {
  Node root;
  std::vector<DefaultsRow> rows;  // the files, in the order in which they were merged
  std::map<std::string, std::string> choices;
};

// Problems of single overrides are added; problems of files throw, since what is missing would only cause more.
Composition Compose(const CommandLine& command_line, const ComposeRules& rules, Problems& problems);

// The path of the primary file; empty if there is none.
std::filesystem::path PrimaryFile(const CommandLine& command_line);

}  // namespace retort
