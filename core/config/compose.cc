// Groups first, since they decide which files there are; then the values, in the order of the command line.
#include "core/config/compose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "core/base/files.h"
#include "core/config/toml_file.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxFiles = 1000;  // files that include each other twice would double without end

std::string WithoutToml(std::string name) {
  if (name.ends_with(".toml")) name.resize(name.size() - 5);
  return name;
}

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// A name that stays inside its folder.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

// What the command line says about a group: group=choice, ~group or ~group=choice.
struct GroupChange {
  std::optional<std::string> choice;
  bool used = false;
};

class Composer {
 public:
  Composer(fs::path folder, Problems& problems) : folder_(std::move(folder)), problems_(problems) {}

  std::map<std::string, GroupChange> replaced, removed;
  Node root;

  // Merges the file of a config and of all in its defaults list. `group` is "" for the primary, else "a" or "a/b".
  void AddFile(const std::string& group, const std::string& name, const Where& from) {
    const std::string path = (folder_ / group / (name + ".toml")).string();
    if (!IsPlainName(name)) {
      problems_.Add(from, fmt::format("{} is no config name", ShownText(name)), "give the name of a file, no path");
      return;
    }
    if (std::find(open_.begin(), open_.end(), path) != open_.end()) {
      problems_.Add(from, fmt::format("defaults go in a circle: {} -> {}", fmt::join(open_, " -> "), path));
      return;
    }
    if (static_cast<int>(open_.size()) >= kMaxDepth || ++files_ > kMaxFiles) {
      problems_.Add(from, fmt::format("defaults lists more than {} deep or over {} files", kMaxDepth, kMaxFiles));
      return;
    }
    if (!IsFile(fs::path(path))) {
      const auto names = ConfigNames(folder_ / group);
      std::string mend = fmt::format("there are: {}", fmt::join(names, ", "));
      if (names.empty()) mend = fmt::format("the folder {} holds no configs", (folder_ / group).string());
      problems_.Add(from, fmt::format("there is no {}", path), mend);
      return;
    }
    Node content;
    try {
      content = ParseToml(ReadFile(path, kMaxTomlBytes), path);
    } catch (const Error& error) {
      problems_.Add({.file = path}, error);
      return;
    }
    open_.push_back(path);
    AddContent(group, std::move(content));
    open_.pop_back();
  }

 private:
  void AddContent(const std::string& group, Node content) {
    Node::List entries;
    Where list_where = content.where;
    if (auto defaults = content.table()->extract("defaults")) {
      list_where = defaults.mapped().where;
      list_where.place = "defaults";
      if (const auto* list = std::get_if<Node::List>(&defaults.mapped().value)) {
        entries = *list;
      } else {
        problems_.Add(list_where, "wants a list",
                      "write defaults = [\"other_config\", {group = \"choice\"}, \"_self_\"]");
      }
    }
    std::optional<Node> own = Nest(group.empty() ? std::vector<std::string>{} : Split(group, '/'), std::move(content));
    for (const Node& entry : entries) {
      Where where = entry.where.line > 0 ? entry.where : list_where;
      where.place = "defaults";
      if (entry.text() != nullptr && *entry.text() == "_self_") {
        if (!own) problems_.Add(where, "_self_ stands twice");
        if (own) Merge(root, *std::exchange(own, std::nullopt));
      } else if (entry.text() != nullptr) {
        AddFile(group, WithoutToml(*entry.text()), where);
      } else {
        AddGroup(group, entry, where);
      }
    }
    if (own) Merge(root, *std::move(own));
  }

  // {group = "choice"}: relative to the group whose file this is.
  void AddGroup(const std::string& parent, const Node& entry, const Where& where) {
    if (entry.table() == nullptr || entry.table()->size() != 1) {
      problems_.Add(where, fmt::format("{} is no entry", Shown(entry)),
                    "an entry is \"other_config\", {group = \"choice\"} or \"_self_\"");
      return;
    }
    const auto& [name, choice] = *entry.table()->begin();
    for (const std::string_view word : {"override ", "optional "}) {
      if (name.starts_with(word)) return problems_.Add(where, fmt::format("\"{}\" is not supported yet", word));
    }
    if (name.find('@') != std::string::npos) {
      return problems_.Add(where, fmt::format("{}: packages (group@place) are not supported yet", ShownText(name)));
    }
    if (name.starts_with('/')) {
      return problems_.Add(where, fmt::format("{}: absolute groups are not supported yet", ShownText(name)));
    }
    const auto parts = Split(name, '/');
    if (parts.size() > kMaxDepth || !std::all_of(parts.begin(), parts.end(), IsPlainName)) {
      return problems_.Add(where, fmt::format("{} is no group", ShownText(name)), "a group is a folder: a or a/b");
    }
    const std::string group = parent.empty() ? name : parent + "/" + name;
    if (const auto gone = removed.find(group); gone != removed.end()) {
      gone->second.used = true;
      const auto& only = gone->second.choice;
      if (!only || (choice.text() != nullptr && WithoutToml(*only) == WithoutToml(*choice.text()))) return;
      return problems_.Add({.file = kCommandLine},
                           fmt::format("~{}={}: the choice is {}", group, *only, TomlText(choice)),
                           fmt::format("~{} drops any choice", group));
    }
    if (const auto other = replaced.find(group); other != replaced.end()) {
      other->second.used = true;
      return AddFile(group, WithoutToml(*other->second.choice), {.file = kCommandLine, .place = group});
    }
    if (choice.text() == nullptr) {
      return problems_.Add(where, fmt::format("{} = {}: a choice is one name", name, TomlText(choice)),
                           "lists of choices are not supported yet");
    }
    if (*choice.text() == kMustBeGiven) {
      const auto names = ConfigNames(folder_ / group);
      return problems_.Add(where, fmt::format("{} must be chosen", group),
                           fmt::format("give {}=<choice>; there are: {}", group, fmt::join(names, ", ")));
    }
    if (choice.text()->find("${") != std::string::npos) {
      return problems_.Add(where, fmt::format("{}: interpolation of a choice is not supported yet", name));
    }
    AddFile(group, WithoutToml(*choice.text()), where);
  }

  fs::path folder_;
  Problems& problems_;
  std::vector<std::string> open_;
  int files_ = 0;
};

// Puts one value override into the tree.
void Apply(const Override& change, Node& root, Problems& problems) {
  const auto path = Split(change.key, '.');
  const Where where{.file = kCommandLine, .place = "key " + ShownKey(path)};
  const Node* there = Find(root, path);
  Node* node = &root;
  const auto parent_end = path.end() - 1;
  if (change.kind == Override::Kind::kRemove) {
    if (there == nullptr) {
      return problems.Add(where, "no file sets it, so there is nothing to remove", "leave the override out");
    }
    if (change.value && !change.value->broken() && !SameValue(*change.value, *there)) {
      return problems.Add(where, fmt::format("is {}, not {}", Shown(*there), Shown(*change.value)),
                          fmt::format("~{} removes any value", change.key));
    }
    for (auto name = path.begin(); name != parent_end; ++name) node = &node->table()->at(*name);
    node->table()->erase(path.back());
    return;
  }
  const bool both_tables = there != nullptr && there->table() != nullptr && change.value->table() != nullptr;
  if (change.kind == Override::Kind::kAdd && there != nullptr && !both_tables) {
    const std::string place = ToString(PlaceOf(*there));
    return problems.Add(where, fmt::format("is there already ({})", place),
                        fmt::format("{}=v changes it, ++{}=v adds or changes it", change.key, change.key));
  }
  for (auto name = path.begin(); name != parent_end; ++name) {
    node = &node->table()->try_emplace(*name, Node{.where = {.file = kCommandLine}}).first->second;
    if (node->broken()) return;
    if (node->table() == nullptr) {
      const std::vector<std::string> outer(path.begin(), name + 1);
      return problems.Add(where, fmt::format("{} is {}, not a table", ShownKey(outer), Shown(*node)));
    }
  }
  const auto [place, added] = node->table()->try_emplace(path.back(), *change.value);
  if (!added) Merge(place->second, *change.value);
}

}  // namespace

fs::path PrimaryFile(const CommandLine& command_line) {
  if (command_line.config_name.empty()) return {};
  return command_line.config_dir / (WithoutToml(command_line.config_name) + ".toml");
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

Node Compose(const CommandLine& command_line, const std::function<bool(const std::string&)>& is_option,
             Problems& problems) {
  std::vector<Override> overrides;
  for (const std::string& word : command_line.overrides) {
    if (auto parsed = ParseOverride(word, problems)) overrides.push_back(*std::move(parsed));
  }
  Problems file_problems;  // these stop here
  Composer composer(command_line.config_dir, file_problems);
  std::vector<const Override*> added;
  const auto names_group = [&](const Override& o) {
    return o.key.find('.') == std::string::npos && IsFolder(command_line.config_dir / o.key);
  };
  for (const Override& o : overrides) {
    if (!names_group(o)) continue;
    const auto choice = o.Choice();
    const bool plain_option = is_option(o.key);
    if (o.kind == Override::Kind::kRemove) composer.removed[o.key] = {choice};
    if (o.kind == Override::Kind::kSet && choice) composer.replaced[o.key] = {choice};
    if (o.kind == Override::Kind::kAdd && choice && !plain_option) added.push_back(&o);
  }
  const Where command{.file = kCommandLine};
  if (!command_line.config_name.empty()) {
    composer.AddFile("", WithoutToml(command_line.config_name),
                     {.file = kCommandLine, .place = "--config-name=" + command_line.config_name});
  }
  for (const Override* o : added) {
    if (const auto group = composer.replaced.find(o->key); group != composer.replaced.end()) group->second.used = true;
    composer.AddFile(o->key, WithoutToml(*o->Choice()), {.file = kCommandLine, .place = o->key});
  }
  if (file_problems.any()) {
    file_problems.Join(problems);
    file_problems.ThrowIfAny();
  }
  for (const Override& o : overrides) {
    if (std::find(added.begin(), added.end(), &o) != added.end()) continue;
    const auto removed = composer.removed.find(o.key);
    if (o.kind == Override::Kind::kRemove && removed != composer.removed.end() && removed->second.used) continue;
    const auto replaced = composer.replaced.find(o.key);
    if (o.kind == Override::Kind::kSet && replaced != composer.replaced.end()) {
      if (replaced->second.used) continue;
      if (!is_option(o.key)) {
        problems.Add(command,
                     fmt::format("{}={}: the group {} does not stand in a defaults list", o.key, o.text, o.key),
                     fmt::format("+{}={} adds it", o.key, o.text));
        continue;
      }
    }
    if (o.key.find('/') != std::string::npos) {
      const std::string folder = (command_line.config_dir / o.key).string();
      problems.Add(command, fmt::format("{}: there is no group folder {}", o.key, folder));
      continue;
    }
    Apply(o, composer.root, problems);
  }
  return std::move(composer.root);
}

}  // namespace retort
