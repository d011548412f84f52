// One walk over the struct with the tree beside it. A field that fails is left as it was and the walk goes on, so that
// all problems are found; what was never asked for is unknown.
#include "core/config/bind.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/config/walker.h"

namespace retort {
namespace {

struct Complaint {
  std::string problem, mend;
};

Complaint WrongType(std::string_view wanted, const Node& node, std::string mend = {}) {
  return {fmt::format("wants {}, not {}", wanted, Shown(node)), std::move(mend)};
}

template <class T>
std::optional<Complaint> CheckRange(T value, const Option& option, const Node& node) {
  if (!std::isfinite(static_cast<double>(value))) return Complaint{Shown(node) + " is not finite", ""};
  if (static_cast<double>(value) >= option.min && static_cast<double>(value) <= option.max) return std::nullopt;
  return Complaint{
      fmt::format("{} is out of range", TomlText(node)),
      fmt::format("wants a value {}{}", std::isfinite(option.min) && std::isfinite(option.max) ? "from " : "",
                  RangeText(option.min, option.max))};
}

std::optional<Complaint> Read(const Node& node, const Option&, bool& out) {
  const bool* value = std::get_if<bool>(&node.value);
  if (value == nullptr) return WrongType("true or false", node);
  out = *value;
  return std::nullopt;
}

std::optional<Complaint> Read(const Node& node, const Option& option, int64_t& out) {
  const int64_t* value = std::get_if<int64_t>(&node.value);
  if (value == nullptr) return WrongType("an integer", node);
  out = *value;
  return CheckRange(out, option, node);
}

std::optional<Complaint> Read(const Node& node, const Option& option, int& out) {
  int64_t value = 0;
  if (auto complaint = Read(node, option, value)) return complaint;
  out = static_cast<int>(value);
  if (out == value) return std::nullopt;
  return Complaint{fmt::format("{} does not fit into 32 bits", value), ""};
}

std::optional<Complaint> Read(const Node& node, const Option& option, double& out) {
  if (const int64_t* integer = std::get_if<int64_t>(&node.value)) {
    out = static_cast<double>(*integer);
  } else if (const double* number = std::get_if<double>(&node.value)) {
    out = *number;
  } else {
    return WrongType("a number", node);
  }
  return CheckRange(out, option, node);
}

std::optional<Complaint> Read(const Node& node, const Option& option, std::string& out) {
  if (node.text() == nullptr) {
    const bool scalar = node.table() == nullptr && std::get_if<Node::List>(&node.value) == nullptr;
    return WrongType("a text", node, scalar && !node.hidden ? fmt::format("quote it: '{}'", TomlText(node)) : "");
  }
  out = *node.text();
  if (option.choices.empty() || std::find(option.choices.begin(), option.choices.end(), out) != option.choices.end()) {
    return std::nullopt;
  }
  const std::string nearest = node.hidden ? "" : DidYouMean(out, {option.choices.begin(), option.choices.end()});
  return Complaint{
      fmt::format("{} is not one of {}", node.hidden ? Shown(node) : ShownText(out), fmt::join(option.choices, ", ")),
      nearest};
}

template <class T>
std::optional<Complaint> Read(const Node& node, const Option& option, std::vector<T>& out) {
  const auto* list = std::get_if<Node::List>(&node.value);
  if (list == nullptr) {
    return WrongType("a list", node,
                     node.table() == nullptr && !node.hidden ? fmt::format("write [{}]", TomlText(node)) : "");
  }
  out.clear();
  for (const Node& element : *list) {
    if (element.broken()) continue;
    T value{};
    if (auto complaint = Read(element, option, value)) {
      complaint->problem = fmt::format("element {}: {}", &element - list->data() + 1, complaint->problem);
      return complaint;
    }
    out.push_back(std::move(value));
  }
  return std::nullopt;
}

template <class T>
std::optional<Complaint> Read(const Node& node, const Option& option, std::optional<T>& out) {
  T value{};
  if (auto complaint = Read(node, option, value)) return complaint;
  out = value;
  return std::nullopt;
}

void Unset(Walker::Value value) {
  if (auto** integer = std::get_if<std::optional<int>*>(&value)) (*integer)->reset();
  if (auto** number = std::get_if<std::optional<double>*>(&value)) (*number)->reset();
}

class Binder final : public Walker {
 public:
  Binder(const Node& root, const std::vector<SchemaEntry>& schema, const BindRules& rules, Problems& problems)
      : schema_(schema), rules_(rules), problems_(problems) {
    frames_.push_back({.node = &root});
  }
  void Finish() { CheckUnknown(); }

 protected:
  void Visit(std::string_view name, Value value, const Option& option) override {
    const Node* node = Take(name);
    if (node == nullptr) {
      if (option.required && !frames_.back().unreadable) MustBeGiven(rules_.origin, name);
      if (rules_.verbatim) Unset(value);
      return;
    }
    if (node->broken()) return;
    if (IsMustBeGiven(*node)) return MustBeGiven(node->where, name);
    if (const auto complaint = std::visit([&](auto* field) { return Read(*node, option, *field); }, value)) {
      Complain(node->where, Key(name), *complaint);
    }
  }

  void BeginGroup(std::string_view name, std::string_view help) override {
    const Node* node = Take(name);
    Frame frame{.node = node, .unreadable = frames_.back().unreadable};
    Walker::BeginGroup(name, help);
    if (node != nullptr && node->table() == nullptr) {
      frame = {.unreadable = true};
      if (IsMustBeGiven(*node)) {
        MustBeGiven(node->where, "");
      } else if (!node->broken()) {
        const std::string kind = Key("kind");
        const bool is_union =
            std::any_of(schema_.begin(), schema_.end(), [&](const auto& entry) { return entry.key == kind; });
        Complain(node->where, Key(""), WrongType("a table", *node, is_union ? fmt::format("write {}=...", kind) : ""));
      }
    }
    frames_.push_back(std::move(frame));
  }

  void EndGroup() override {
    CheckUnknown();
    frames_.pop_back();
    Walker::EndGroup();
  }

  size_t Tag(size_t current, const std::vector<std::string_view>& names) override {
    kinds_[Key("")] = names[current];
    const Node* node = Take("kind");
    if (node == nullptr) return current;
    std::string kind;
    std::optional<Complaint> complaint;
    if (node->broken()) {
      frames_.back().unreadable = true;
    } else if (IsMustBeGiven(*node)) {
      MustBeGiven(node->where, "kind");
      frames_.back().unreadable = true;
    } else if ((complaint = Read(*node, Option{.choices = names}, kind))) {
      Complain(node->where, Key("kind"), *complaint);
      frames_.back().unreadable = true;
    }
    if (frames_.back().unreadable) return current;
    kinds_[Key("")] = kind;
    return static_cast<size_t>(std::find(names.begin(), names.end(), kind) - names.begin());
  }

 private:
  struct Frame {
    const Node* node = nullptr;  // the table; nullptr if it is not given
    bool unreadable = false;     // of unknown kind or type: what is missing or unknown in it cannot be told
    std::set<std::string, std::less<>> seen = {};
  };

  const Node* Take(std::string_view name) {
    Frame& frame = frames_.back();
    frame.seen.emplace(name);
    if (frame.node == nullptr) return nullptr;
    const auto found = frame.node->table()->find(name);
    return found == frame.node->table()->end() ? nullptr : &found->second;
  }

  bool IsMustBeGiven(const Node& node) const { return !rules_.verbatim && retort::IsMustBeGiven(node); }

  void Complain(Where where, const std::string& key, const Complaint& complaint) {
    where.place = "key " + key;
    problems_.Add(where, complaint.problem, complaint.mend);
  }

  void MustBeGiven(const Where& where, std::string_view name) {
    const std::string key = Key(name);
    Complain(where, key,
             {"must be given", fmt::format("write {}=<value> on the command line or set it in a file", key)});
  }

  void CheckUnknown() {
    const Frame& frame = frames_.back();
    if (frame.node == nullptr || frame.unreadable) return;
    for (const auto& [name, child] : *frame.node->table()) {
      if (frame.seen.contains(name)) continue;
      std::vector<std::string> key = path();
      key.push_back(name);
      const std::string shown = ShownKey(key);
      Complain(PlaceOf(child), shown, {"unknown key", problems_.full() ? "" : Advice(shown, name)});
    }
  }

  bool IsActive(const SchemaEntry& entry) const {
    return std::all_of(entry.conditions.begin(), entry.conditions.end(), [&](const auto& condition) {
      const auto kind = kinds_.find(condition.first);
      return kind != kinds_.end() && kind->second == condition.second;
    });
  }

  // Which kind has the key; else the nearest key; else the keys of the table.
  std::string Advice(const std::string& key, const std::string& name) const {
    std::vector<std::string> owners, keys, same_name, siblings;
    const std::string table = Key("");
    for (const SchemaEntry& entry : schema_) {
      if (entry.key == key && !entry.conditions.empty()) {
        const auto& [where, kind] = entry.conditions.back();
        owners.push_back(fmt::format("{}.kind = \"{}\"", where, kind));
      }
      if (!IsActive(entry)) continue;
      keys.push_back(entry.key);
      const size_t dot = entry.key.rfind('.');
      if (entry.key.substr(dot == std::string::npos ? 0 : dot + 1) == name) same_name.push_back(entry.key);
      if (table == (dot == std::string::npos ? "" : entry.key.substr(0, dot)))
        siblings.push_back(entry.key.substr(dot + 1));
    }
    if (!owners.empty()) return fmt::format("only {} has it", fmt::join(owners, " or "));
    const std::string sibling = Nearest(name, siblings);
    if (!sibling.empty()) return fmt::format("did you mean {}{}{}?", table, table.empty() ? "" : ".", sibling);
    if (!same_name.empty()) return fmt::format("did you mean {}?", fmt::join(same_name, " or "));
    const std::string nearest = DidYouMean(key, keys);
    if (!nearest.empty()) return nearest;
    return fmt::format("known here: {}", fmt::join(siblings, ", "));
  }

  const std::vector<SchemaEntry>& schema_;
  const BindRules& rules_;
  Problems& problems_;
  std::vector<Frame> frames_;
  std::map<std::string, std::string> kinds_;  // of the unions met so far
};

}  // namespace

void Bind(const Node& root, const DescribeFn& describe, const std::vector<SchemaEntry>& schema, const BindRules& rules,
          Problems& problems) {
  Binder binder(root, schema, rules, problems);
  describe(binder);
  binder.Finish();
}

}  // namespace retort
