#include "core/config/default_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace retort {
namespace {

constexpr std::string_view kGlobal = "_global_";
constexpr std::string_view kGroup = "_group_";

std::string Join(const std::string& a, std::string_view separator, const std::string& b) {
  if (a.empty() || b.empty()) return a + b;
  return a + std::string(separator) + b;
}

std::string Dotted(std::string group) {
  std::replace(group.begin(), group.end(), '/', '.');
  return group;
}

// Without the slash of an absolute name.
std::string Relative(const std::string& name) { return name.starts_with('/') ? name.substr(1) : name; }

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

struct Refusal {
  std::string problem, mend;
};

// "[optional] [override] group@package"
Refusal ReadName(std::string_view text, DefaultEntry& entry) {
  const size_t at = std::min(text.find('@'), text.size());
  if (at < text.size()) {
    std::string package(text.substr(at + 1));
    if (package == "_here_") package.clear();
    if (!package.empty() && !IsPackage(package)) {
      return {fmt::format("{}: {} is no place", ShownText(text), ShownText(package)), "write group@a.b"};
    }
    entry.package = std::move(package);
  }
  auto words = Split(text.substr(0, at), ' ');
  entry.name = words.back();
  words.pop_back();
  for (const std::string& word : words) {
    if (word == "optional" && entry.is_group) {
      entry.optional = true;
    } else if (word == "override" && entry.is_group) {
      entry.overrides = true;
    } else {
      return {fmt::format("{}: {} is no keyword", ShownText(text), ShownText(word)),
              R"(there are {"optional group" = ...} and {"override group" = ...})"};
    }
  }
  const auto parts = Split(Relative(entry.name), '/');
  const bool fits = parts.size() <= kMaxDepth && std::all_of(parts.begin(), parts.end(), [](const auto& part) {
                      return !part.empty() && part != "." && part != "..";
                    });
  if (fits) return {};
  if (entry.is_group) return {fmt::format("{} is no group", ShownText(text)), "a group is a folder: a or a/b"};
  return {fmt::format("{} is no config name", ShownText(text)), "write a or a/b, without the folder of all configs"};
}

Refusal ReadChoice(const std::string& name, const Node& choice, DefaultEntry& entry) {
  const auto fits = [](const Node& node) {
    return node.text() != nullptr && !node.text()->empty() && *node.text() != "_self_";
  };
  if (fits(choice)) {
    entry.choice = *choice.text();
    return {};
  }
  const auto* list = std::get_if<Node::List>(&choice.value);
  if (list == nullptr || !std::all_of(list->begin(), list->end(), fits)) {
    return {fmt::format("{} = {}: a choice is one name or a list of names", name, TomlText(choice)), ""};
  }
  entry.many = true;
  for (const Node& node : *list) entry.choices.push_back(*node.text());
  return {};
}

}  // namespace

bool IsPackage(std::string_view text) {
  const auto parts = Split(text, '.');
  return parts.size() <= kMaxDepth && std::all_of(parts.begin(), parts.end(), [](const auto& part) {
           return !part.empty() && part.find_first_of(" /@:[]${}'\"\\") == std::string::npos;
         });
}

std::optional<DefaultEntry> ParseDefault(const Node& node, const Where& list, Problems& problems) {
  DefaultEntry entry{.where = node.where.line > 0 ? node.where : list};
  entry.where.place = "defaults";
  Refusal refusal;
  if (node.text() != nullptr) {
    entry.is_self = *node.text() == "_self_";
    refusal = ReadName(*node.text(), entry);
    if (refusal.problem.empty() && entry.name == "_self_" && entry.package) refusal = {"_self_ takes no place", ""};
  } else if (node.table() != nullptr && node.table()->size() == 1) {
    const auto& [name, choice] = *node.table()->begin();
    entry.is_group = true;
    refusal = ReadName(name, entry);
    if (refusal.problem.empty()) refusal = ReadChoice(name, choice, entry);
  } else {
    refusal = {fmt::format("{} is no entry", Shown(node)),
               R"(an entry is "other_config", {group = "choice"} or "_self_")"};
  }
  if (refusal.problem.empty()) return entry;
  problems.Add(entry.where, refusal.problem, refusal.mend);
  return std::nullopt;
}

void DefaultEntry::SetParent(const std::string& group, const std::string& place) {
  parent_group = group;
  parent_package = place;
  if (!package || package->find(kGroup) == std::string::npos) return;
  std::string resolved(kGlobal);
  for (const std::string& part : Split(*package, '.')) {
    resolved = Join(resolved, ".", part == kGroup ? Dotted(GroupPath()) : part);
  }
  package = std::move(resolved);
}

void DefaultEntry::SetHeader(const std::optional<std::string>& package_of_file) {
  if (!package_of_file) return;
  header = *package_of_file;
  if (*header != kGlobal && !header->starts_with("_global_.")) {
    header = Join(std::string(kGlobal), ".", *header);
  }
}

std::string DefaultEntry::GroupPath() const {
  std::string group = is_group ? Relative(name) : FolderOf(Relative(name));
  return name.starts_with('/') ? group : Join(parent_group, "/", group);
}

std::string DefaultEntry::ConfigPath() const {
  if (is_group) return GroupPath() + "/" + choice;
  return name.starts_with('/') ? Relative(name) : Join(parent_group, "/", name);
}

std::string DefaultEntry::Package(bool with_header) const {
  std::string own;
  if (package) {
    own = *package;
  } else if (with_header && header) {
    own = *header;
  } else {
    own = Dotted(is_group ? Relative(name) : FolderOf(Relative(name)));
  }
  std::string place = Join(parent_package, ".", own);
  const size_t global = place.rfind(kGlobal);
  if (global == std::string::npos) return place;
  return place.substr(std::min(global + kGlobal.size() + 1, place.size()));
}

std::string DefaultEntry::OverrideKey() const {
  const std::string group = GroupPath(), place = Package(/*with_header=*/false);
  if (place == Dotted(group)) return group;
  return fmt::format("{}@{}", group, place.empty() ? kGlobal : place);
}

bool DefaultEntry::MustBeChosen() const {
  if (is_group) return !many && choice == kMustBeGiven;
  return name == kMustBeGiven || name.ends_with("/???");
}

bool DefaultEntry::Interpolated() const {
  return (is_group ? (many ? "" : choice) : ConfigPath()).find("${") != std::string::npos;
}

}  // namespace retort
