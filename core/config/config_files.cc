// A file that cannot be read is complained about once and then empty, so that the problems of all others show too.
#include "core/config/config_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/base/files.h"
#include "core/config/toml_file.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// `_package_ = "a.b"` and `defaults = [...]` out of `content`.
void TakeHeader(ConfigFile& file, const std::string& path, Problems& problems) {
  Node::Table& table = *file.content.table();
  if (auto header = table.extract("_package_")) {
    const Node& package = header.mapped();
    Where where = package.where;
    where.place = "_package_";
    if (package.text() == nullptr || (!package.text()->empty() && !IsPackage(*package.text()))) {
      problems.Add(where, fmt::format("{} is no place", Shown(package)), R"(write _package_ = "a.b" or "_global_")");
    } else {
      file.package = *package.text();
    }
  }
  auto defaults = table.extract("defaults");
  if (!defaults) return;
  Where where = defaults.mapped().where;
  where.place = "defaults";
  const auto* list = std::get_if<Node::List>(&defaults.mapped().value);
  if (list == nullptr) {
    return problems.Add(where, "wants a list", R"(write defaults = ["other_config", {group = "choice"}, "_self_"])");
  }
  bool self = false;
  for (const Node& node : *list) {
    auto entry = ParseDefault(node, where, problems);
    if (!entry) continue;
    if (entry->is_self && std::exchange(self, true)) {
      problems.Add(entry->where, "_self_ stands twice");
      continue;
    }
    entry->home = path;
    file.defaults.push_back(*std::move(entry));
  }
}

}  // namespace

std::string WithoutToml(std::string name) {
  if (name.ends_with(".toml")) name.resize(name.size() - 5);
  return name;
}

bool StaysInside(const std::string& path) {
  const auto parts = Split(path, '/');
  return parts.size() <= kMaxDepth && path.find('\0') == std::string::npos &&
         std::all_of(parts.begin(), parts.end(),
                     [](const auto& part) { return !part.empty() && part != "." && part != ".."; });
}

std::vector<std::string> ConfigNames(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".toml" && IsFile(entry->path())) names.push_back(entry->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

const ConfigFile* ConfigFiles::Load(const std::string& path) {
  const auto [place, is_new] = files_.try_emplace(path);
  std::optional<ConfigFile>& file = place->second;
  if (is_new && StaysInside(path) && IsFile(FileOf(path))) {
    file.emplace();
    const std::string name = FileOf(path);
    try {
      file->content = ParseToml(ReadFile(name, kMaxTomlBytes), name);
      TakeHeader(*file, path, problems_);
    } catch (const Error& error) {
      problems_.Add({.file = name}, error);
      file->broken = true;
    }
  }
  return file ? &*file : nullptr;
}

std::string ConfigFiles::FileOf(const std::string& path) const {
  return (folder_ / (WithoutToml(path) + ".toml")).string();
}

bool ConfigFiles::IsGroup(const std::string& group) const {
  std::error_code ignored;
  return StaysInside(group) && fs::is_directory(folder_ / group, ignored);
}

std::vector<std::string> ConfigFiles::Choices(const std::string& group) const {
  return group.empty() || StaysInside(group) ? ConfigNames(folder_ / group) : std::vector<std::string>{};
}

}  // namespace retort
