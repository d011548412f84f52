#include "core/config/apply.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "core/config/merge.h"

namespace retort {
namespace {

std::optional<double> NumberOf(const Node& node) {
  if (const bool* boolean = std::get_if<bool>(&node.value)) return *boolean ? 1 : 0;
  if (const int64_t* integer = std::get_if<int64_t>(&node.value)) return static_cast<double>(*integer);
  if (const double* number = std::get_if<double>(&node.value)) return *number;
  return std::nullopt;
}

// As Python compares: 1, 1.0 and true are the same.
bool Equal(const Node& a, const Node& b) {
  const auto x = NumberOf(a), y = NumberOf(b);
  if (x && y) return *x == *y;
  if (const auto* s = std::get_if<Node::List>(&a.value), *t = std::get_if<Node::List>(&b.value);
      s != nullptr && t != nullptr) {
    return std::equal(s->begin(), s->end(), t->begin(), t->end(), Equal);
  }
  if (a.table() != nullptr && b.table() != nullptr) {
    return std::equal(a.table()->begin(), a.table()->end(), b.table()->begin(), b.table()->end(),
                      [](const auto& p, const auto& q) { return p.first == q.first && Equal(p.second, q.second); });
  }
  return a.text() != nullptr && b.text() != nullptr && *a.text() == *b.text();
}

class Change {
 public:
  Change(const Override& change, bool known_keys_only, Node& root, Problems& problems)
      : change_(change),
        known_keys_only_(known_keys_only),
        path_(Split(change.key, '.')),
        where_{.file = kCommandLine, .place = "key " + ShownKey(path_)},
        root_(root),
        problems_(problems) {}

  void Apply() {
    const Node* there = Find(root_, path_);
    if (change_.kind == Override::Kind::kRemove) return Remove(there);
    const Node value = NewValue();
    if (change_.kind == Override::Kind::kSet && there == nullptr && known_keys_only_) {
      return Add("no file sets it", fmt::format("+{}={} adds it", change_.key, change_.text));
    }
    if (change_.kind == Override::Kind::kAdd && there != nullptr && !IsMustBeGiven(*there) && !IsContainer(value)) {
      return Add(fmt::format("is there already ({})", ToString(PlaceOf(*there))),
                 fmt::format("{0}=v changes it, ++{0}=v adds or changes it", change_.key));
    }
    if (MakeParents()) Put(value);
  }

 private:
  void Add(const std::string& problem, std::string_view mend = {}) { problems_.Add(where_, problem, mend); }

  Node NewValue() const {
    const Where where{.file = kCommandLine};
    if (change_.value) return ToNode(*change_.value, where);
    return {.value = std::monostate(), .where = where};
  }

  void Remove(const Node* there) {
    if (there == nullptr || (known_keys_only_ && IsMustBeGiven(*there))) {
      return Add("no file sets it, so there is nothing to remove", "leave the override out");
    }
    if (change_.value && !Equal(ToNode(*change_.value, {}), *there)) {
      return Add(fmt::format("is {}, not {}", Shown(*there), Shown(ToNode(*change_.value, {}))),
                 fmt::format("~{} removes any value", change_.key));
    }
    Node* outer = FindMutable(root_, {path_.begin(), path_.end() - 1});
    if (outer->table() == nullptr) return Add("is an element of a list", "give the whole list");
    outer->table()->erase(path_.back());
  }

  // Whether there is now something to put the value into. What is added may turn a plain value into a table.
  bool MakeParents() {
    const bool adds = change_.kind != Override::Kind::kSet;
    Node* node = &root_;
    for (auto name = path_.begin(); name != path_.end() - 1; ++name) {
      const std::vector<std::string> outer(path_.begin(), name + 1);
      Node* next = FindMutable(*node, {*name});
      if (next == nullptr && node->table() == nullptr) {
        Add(fmt::format("{} is not there", ShownKey(outer)));
        return false;
      }
      if (next == nullptr) {
        next = &node->table()->emplace(*name, Node{.where = {.file = kCommandLine}}).first->second;
      }
      if (next->broken()) return false;
      if (!IsContainer(*next) && adds) *next = Node{.where = {.file = kCommandLine}};
      if (!IsContainer(*next)) {
        Add(fmt::format("{} is {}, not a table", ShownKey(outer), Shown(*next)));
        return false;
      }
      node = next;
    }
    if (node->table() == nullptr && FindMutable(*node, {path_.back()}) == nullptr) {
      Add(fmt::format("the list has no element {}", path_.back()));
      return false;
    }
    return true;
  }

  void Put(const Node& value) {
    Node* there = FindMutable(root_, path_);
    if (there != nullptr && IsContainer(*there) && IsContainer(value)) {
      const bool strict = known_keys_only_ && change_.kind == Override::Kind::kSet;
      return MergeAt(root_, path_, value, {.known_keys_only = strict}, problems_);
    }
    if (there != nullptr) {
      *there = value;
    } else {
      FindMutable(root_, {path_.begin(), path_.end() - 1})->table()->emplace(path_.back(), value);
    }
  }

  const Override& change_;
  const bool known_keys_only_;
  const std::vector<std::string> path_;
  const Where where_;
  Node& root_;
  Problems& problems_;
};

}  // namespace

void ApplyOverride(const Override& change, bool known_keys_only, Node& root, Problems& problems) {
  Change(change, known_keys_only, root, problems).Apply();
}

}  // namespace retort
