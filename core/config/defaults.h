// The defaults tree: from the primary config, the lists of all files and the group words of the command line to one
// list of files in the order in which they merge. Room-internal.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config_files.h"
#include "core/config/override.h"
#include "core/config/problems.h"

namespace retort {

// One line of the list.
struct DefaultsRow {
  std::string config;   // "a/b"
  std::string package;  // where it goes; "" is the top
  std::string parent;   // the config whose list names it
  bool is_self = false, primary = false;
};

struct DefaultsList {
  std::vector<DefaultsRow> rows;
  std::map<std::string, std::string> choices;  // of each group, by what a word must say to change it
  std::vector<const Override*> values;         // the words that set values, in order
};

struct DefaultsRequest {
  std::string config_name;  // "" for none
  const std::vector<Override>& overrides;
  // The program has a plain option of this name: key=value is meant for it unless the group stands in a list.
  std::function<bool(const std::string&)> is_option;
};

// Problems of files go to `file_problems`, those of words that name no group in any list to `word_problems`.
DefaultsList ListDefaults(const DefaultsRequest& request, ConfigFiles& files, Problems& file_problems,
                          Problems& word_problems);

}  // namespace retort
