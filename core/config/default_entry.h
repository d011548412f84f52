// One entry of a defaults list: which config it means, and where in the tree that config goes. Room-internal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/problems.h"
#include "core/config/tree.h"

namespace retort {

// "name", "_self_" or {"[optional] [override] group[@package]" = choice}, and what is known once it has its place in
// the tree of defaults. The rules of names and packages are Hydra 1.3's.
struct DefaultEntry {
  bool is_self = false;
  bool is_group = false;
  std::string name;                    // of a config as written: "db", "a/db", "/a/db"; of a group: "db", "/a/db"
  std::string choice;                  // of a group
  std::vector<std::string> choices;    // in place of `choice`
  bool many = false;                   // `choices` holds
  std::optional<std::string> package;  // as written behind the @
  bool optional = false, overrides = false;
  Where where;
  std::string home;  // the config whose list it stands in

  bool primary = false, deleted = false;
  bool added = false;                        // by +group=choice
  std::string parent_group, parent_package;  // of the config whose list it stands in
  std::optional<std::string> header;         // `_package_` of its own file, from the top of the tree

  void SetParent(const std::string& group, const std::string& place);
  void SetHeader(const std::optional<std::string>& package_of_file);

  std::string GroupPath() const;   // "a/b": the folder
  std::string ConfigPath() const;  // "a/b/choice"
  std::string Package(bool with_header = true) const;
  std::string OverrideKey() const;  // what a word must say to change the choice: "a/b@place"
  bool MustBeChosen() const;
  bool Interpolated() const;
};

// Problems are added at the entry's line or, where it has none, at `list`.
std::optional<DefaultEntry> ParseDefault(const Node& node, const Where& list, Problems& problems);
// "a.b", "_global_.a": a place in the tree.
bool IsPackage(std::string_view text);

}  // namespace retort
