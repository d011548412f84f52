// Composition as Hydra does it: the primary file, its defaults list, group choices, then overrides. Room-internal.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/override.h"
#include "core/config/problems.h"
#include "core/config/program.h"
#include "core/config/tree.h"

namespace retort {

// The files that `command_line` asks for, merged, with its overrides applied. `is_option(key)`: the struct has a plain
// option of this name, so that key=value is meant for it even if a folder has the same name. Problems of single
// overrides are added; problems of files throw, since what is missing would only cause more.
Node Compose(const CommandLine& command_line, const std::function<bool(const std::string&)>& is_option,
             Problems& problems);

// The path of the primary file; empty if there is none.
std::filesystem::path PrimaryFile(const CommandLine& command_line);
// Names of the .toml files in `folder`, without the ending, sorted.
std::vector<std::string> ConfigNames(const std::filesystem::path& folder);

}  // namespace retort
