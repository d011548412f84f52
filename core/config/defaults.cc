// Walks the tree as Hydra 1.3 does, since which file wins follows from the walk: a list is read from its end, so that
// what stands further down, and further out, is known first; choices that name other choices come last.
#include "core/config/defaults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <set>
#include <utility>

#include "core/config/group_words.h"
#include "core/config/interpolate.h"

namespace retort {
namespace {

constexpr int kMaxFiles = 1000;  // files that include each other twice would double without end

struct TreeNode {
  DefaultEntry entry;
  const TreeNode* parent = nullptr;
  std::vector<std::unique_ptr<TreeNode>> children;  // in the order of merging, once complete
};

class Builder {
 public:
  Builder(GroupWords& words, ConfigFiles& files, Problems& problems)
      : words_(words), files_(files), problems_(problems) {}

  void Expand(TreeNode& node, int depth, bool interpolated) {
    DefaultEntry& entry = node.entry;
    if (!IsSound(node, depth)) {
      entry.deleted = true;
      return;
    }
    static const ConfigFile kNoPrimary;
    const ConfigFile* file = nullptr;
    if (entry.name.empty()) {
      file = &kNoPrimary;
    } else if (!entry.MustBeChosen()) {
      file = files_.Load(entry.ConfigPath());
    }
    if (file != nullptr) entry.SetHeader(file->package);
    if (words_.Delete(entry)) return;
    words_.Note(entry);
    if (file == nullptr) {
      if (!entry.optional || entry.MustBeChosen()) ComplainOfMissing(entry);
      entry.deleted = true;
      return;
    }
    std::vector<DefaultEntry> list = file->defaults;
    if (!list.empty() || (entry.primary && !words_.added().empty())) AddSelf(list);
    if (entry.primary) list.insert(list.end(), words_.added().begin(), words_.added().end());
    ReadOverrides(list, entry, interpolated);
    for (auto child = list.rbegin(); child != list.rend(); ++child)
      AddChildren(node, std::move(*child), depth, interpolated);
    ExpandInterpolated(node, depth);
    std::reverse(node.children.begin(), node.children.end());
  }

 private:
  bool IsSound(const TreeNode& node, int depth) {
    const DefaultEntry& entry = node.entry;
    const std::string path = entry.ConfigPath();
    if (!entry.MustBeChosen() && !entry.name.empty() && !StaysInside(path)) {
      problems_.Add(entry.where, fmt::format("{} is no config name", ShownText(path)), "give the name of a file");
      return false;
    }
    std::vector<std::string> chain = {files_.FileOf(path)};
    bool circle = false;
    for (const TreeNode* outer = node.parent; outer != nullptr && !circle; outer = outer->parent) {
      chain.insert(chain.begin(), files_.FileOf(outer->entry.ConfigPath()));
      circle = chain.front() == chain.back();
    }
    if (circle) {
      problems_.Add(entry.where, fmt::format("defaults go in a circle: {}", fmt::join(chain, " -> ")));
      return false;
    }
    if (depth >= kMaxDepth || ++files_seen_ > kMaxFiles) {
      problems_.Add(entry.where,
                    fmt::format("defaults lists more than {} deep or over {} files", kMaxDepth, kMaxFiles));
      return false;
    }
    return true;
  }

  void ComplainOfMissing(const DefaultEntry& entry) {
    const std::string group = entry.GroupPath();
    const auto names = files_.Choices(group);
    if (entry.is_group && entry.MustBeChosen()) {
      const std::string key = entry.OverrideKey();
      return problems_.Add(entry.where, fmt::format("{} must be chosen", key),
                           fmt::format("give {}=<choice>; there are: {}", key, fmt::join(names, ", ")));
    }
    const std::string file = files_.FileOf(entry.ConfigPath());
    std::string mend = fmt::format("there are: {}", fmt::join(names, ", "));
    if (names.empty()) {
      mend = fmt::format("the folder {} holds no configs", file.substr(0, file.rfind('/')));
    }
    problems_.Add(entry.where, fmt::format("there is no {}", file), mend);
  }

  // A list without _self_ has it at its end; one of nothing but `override` entries needs none.
  static void AddSelf(std::vector<DefaultEntry>& list) {
    bool has_self = false, has_other = list.empty();
    for (const DefaultEntry& entry : list) {
      has_self = has_self || entry.is_self;
      has_other = has_other || !entry.overrides;
    }
    if (has_self || !has_other) return;
    DefaultEntry self{.is_self = true, .name = "_self_"};
    list.push_back(std::move(self));
  }

  void ReadOverrides(std::vector<DefaultEntry>& list, const DefaultEntry& parent, bool interpolated) {
    const DefaultEntry* last = nullptr;
    for (DefaultEntry& entry : list) {
      if (entry.is_self) continue;
      entry.SetParent(parent.GroupPath(), parent.Package());
      if (last != nullptr && !entry.overrides && !entry.added) {
        problems_.Add(entry.where, fmt::format("an entry after the override of {}", last->OverrideKey()),
                      "put overrides at the end of the list");
      }
      if (!entry.overrides) continue;
      last = &entry;
      if (interpolated) {
        problems_.Add(entry.where,
                      fmt::format("override {}: not below a choice that names another choice", entry.OverrideKey()));
      } else if (entry.GroupPath() == "hydra" || entry.GroupPath().starts_with("hydra/")) {
        problems_.Add(entry.where, "settings of Hydra itself do not exist here", "leave the entry out");
      } else {
        words_.Enter(entry);
      }
    }
  }

  TreeNode& AddChild(TreeNode& node, DefaultEntry entry) {
    node.children.push_back(std::make_unique<TreeNode>());
    TreeNode& child = *node.children.back();
    child.entry = std::move(entry);
    child.parent = &node;
    return child;
  }

  void AddChildren(TreeNode& node, DefaultEntry entry, int depth, bool interpolated) {
    if (entry.is_self) {
      AddChild(node, std::move(entry));
      return;
    }
    if (entry.overrides) return;
    words_.Apply(entry);
    if (!entry.many) {
      TreeNode& child = AddChild(node, std::move(entry));
      if (!child.entry.Interpolated()) Expand(child, depth + 1, interpolated);
      return;
    }
    for (auto name = entry.choices.rbegin(); name != entry.choices.rend(); ++name) {
      if (name->find("${") != std::string::npos) {
        problems_.Add(entry.where, fmt::format("{}: an interpolation in a list of choices", *name));
        continue;
      }
      DefaultEntry one{.name = entry.name + "/" + *name,
                       .package = entry.package,
                       .optional = entry.optional,
                       .where = entry.where,
                       .home = entry.home};
      one.SetParent(entry.parent_group, entry.parent_package);
      Expand(AddChild(node, std::move(one)), depth + 1, interpolated);
    }
  }

  void ExpandInterpolated(TreeNode& node, int depth) {
    for (const auto& child : node.children) {
      DefaultEntry& entry = child->entry;
      if (entry.is_self || entry.deleted || !entry.Interpolated() || entry.many) continue;
      std::string& text = entry.is_group ? entry.choice : entry.name;
      if (!entry.is_group) text = entry.ConfigPath();
      Node known;
      for (const auto& [key, choice] : words_.choices()) known.table()->emplace(key, Node{.value = choice});
      const auto resolved = InterpolateText(text, known, entry.where, problems_);
      if (!resolved) {
        entry.deleted = true;
        continue;
      }
      text = *resolved;
      Expand(*child, depth + 1, /*interpolated=*/true);
    }
  }

  GroupWords& words_;
  ConfigFiles& files_;
  Problems& problems_;
  int files_seen_ = 0;
};

class Lister {
 public:
  explicit Lister(Problems& problems) : problems_(problems) {}
  std::vector<DefaultsRow> rows;

  void List(const TreeNode& node) {
    for (const auto& child : node.children) {
      if (child->entry.is_self) {
        Add(node, /*is_self=*/true);
      } else {
        List(*child);
      }
    }
    if (node.children.empty()) Add(node, /*is_self=*/false);
  }

 private:
  void Add(const TreeNode& node, bool is_self) {
    const DefaultEntry& entry = node.entry;
    if (entry.deleted || entry.name.empty()) return;
    rows.push_back({.config = entry.ConfigPath(),
                    .package = entry.Package(),
                    .parent = node.parent == nullptr ? "" : node.parent->entry.ConfigPath(),
                    .is_self = is_self,
                    .primary = entry.primary});
    if (is_self || !entry.is_group || keys_.insert(entry.OverrideKey()).second) return;
    problems_.Add(entry.where, fmt::format("{} stands twice in the defaults list", entry.OverrideKey()));
  }

  Problems& problems_;
  std::set<std::string> keys_;
};

}  // namespace

DefaultsList ListDefaults(const DefaultsRequest& request, ConfigFiles& files, Problems& file_problems,
                          Problems& word_problems) {
  GroupWords words(request.overrides, request.is_option, files, file_problems);
  Builder builder(words, files, file_problems);
  TreeNode root;
  root.entry.primary = true;
  root.entry.name = request.config_name;
  root.entry.where = {.file = kCommandLine, .place = "--config-name=" + request.config_name};
  builder.Expand(root, 0, /*interpolated=*/false);
  Lister lister(file_problems);
  lister.List(root);
  words.ComplainOfEntries();
  return {.rows = std::move(lister.rows), .choices = words.choices(), .values = words.Values(word_problems)};
}

}  // namespace retort
