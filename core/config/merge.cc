#include "core/config/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace retort {
namespace {

class Merger {
 public:
  Merger(const Node& root, const MergeRules& rules, Problems& problems)
      : root_(root), rules_(rules), problems_(problems) {}

  // `into` stands at `path`.
  void Merge(Node& into, Node from, std::vector<std::string>& path) {
    if (IsContainer(from)) {
      if (auto table = Behind(into, path)) into = *std::move(table);
    } else if (IsMustBeGiven(from)) {
      return;
    }
    if (into.table() != nullptr && from.table() != nullptr) return MergeTables(into, std::move(from), path);
    if (IsContainer(into) && IsContainer(from) && into.value.index() != from.value.index()) {
      Where where = PlaceOf(from);
      where.place = "key " + ShownKey(path);
      problems_.Add(where, fmt::format("is {} and cannot become {}", Shown(into), Shown(from)),
                    "a list replaces a list, a table merges with a table");
      return;
    }
    into = std::move(from);
  }

 private:
  void MergeTables(Node& into, Node from, std::vector<std::string>& path) {
    if (into.where.file.empty()) into.where = from.where;
    for (auto& [name, child] : *from.table()) {
      path.push_back(name);
      const auto there = into.table()->find(name);
      if (there != into.table()->end()) {
        Merge(there->second, std::move(child), path);
      } else if (rules_.known_keys_only) {
        const std::string key = ShownKey(path);
        problems_.Add({.file = kCommandLine, .place = "key " + key}, "no file sets it",
                      fmt::format("+{}=... adds it", key));
      } else {
        into.table()->emplace(name, std::move(child));
      }
      path.pop_back();
    }
  }

  // The table or list that `node` names, if it is a text that is nothing but ${a.b} or ${.a}: what merges with such a
  // text merges with a copy of that.
  std::optional<Node> Behind(const Node& node, std::vector<std::string> path) const {
    const Node* at = &node;
    for (int steps = 0; steps < kMaxDepth && at != nullptr && at->text() != nullptr; ++steps) {
      std::string_view text = *at->text();
      if (!text.starts_with("${") || !text.ends_with("}")) return std::nullopt;
      text = text.substr(2, text.size() - 3);
      if (text.find_first_of("${}:[] ") != std::string_view::npos) return std::nullopt;
      if (!text.starts_with('.')) path.clear();
      while (text.starts_with('.')) {
        if (path.empty()) return std::nullopt;
        path.pop_back();
        text.remove_prefix(1);
      }
      for (std::string& name : Split(text, '.')) path.push_back(std::move(name));
      at = Find(root_, path);
    }
    if (at == nullptr || at == &node || !IsContainer(*at)) return std::nullopt;
    return *at;
  }

  const Node& root_;
  const MergeRules& rules_;
  Problems& problems_;
};

}  // namespace

void MergeAt(Node& root, const std::vector<std::string>& path, Node from, const MergeRules& rules, Problems& problems) {
  std::vector<std::string> at = path;
  Node* into = FindMutable(root, path);
  if (into != nullptr) return Merger(root, rules, problems).Merge(*into, std::move(from), at);
  const std::vector<std::string> outer(path.begin(), path.end() - 1);
  FindMutable(root, outer)->table()->emplace(path.back(), std::move(from));
}

}  // namespace retort
