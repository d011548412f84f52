// The folder of config files: what is there, each file read once, and nothing outside of it. Room-internal.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/default_entry.h"
#include "core/config/problems.h"
#include "core/config/tree.h"

namespace retort {

struct ConfigFile {
  Node content;                        // without `defaults` and `_package_`
  std::optional<std::string> package;  // `_package_`
  std::vector<DefaultEntry> defaults;
  bool broken = false;  // could not be read, which was complained about
};

class ConfigFiles {
 public:
  ConfigFiles(std::filesystem::path folder, Problems& problems) : folder_(std::move(folder)), problems_(problems) {}

  // `path` is that of a config: "a/b" for <folder>/a/b.toml. nullptr: there is none.
  const ConfigFile* Load(const std::string& path);
  std::string FileOf(const std::string& path) const;  // its file, for messages
  bool IsGroup(const std::string& group) const;       // a folder
  std::vector<std::string> Choices(const std::string& group) const;

 private:
  std::filesystem::path folder_;
  Problems& problems_;
  std::map<std::string, std::optional<ConfigFile>> files_;
};

std::string WithoutToml(std::string name);
// "a/b" and not "../b", "/a", "a//b".
bool StaysInside(const std::string& path);
// Names of the .toml files in `folder`, without the ending, sorted.
std::vector<std::string> ConfigNames(const std::filesystem::path& folder);

}  // namespace retort
