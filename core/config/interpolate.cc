// Resolves from the composed tree into a copy, without a memo: a value that is named often is worked out often, and a
// budget on the whole work bounds that.
#include "core/config/interpolate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "core/base/utf8.h"
#include "core/config/interpolation_text.h"

namespace retort {
namespace {

// Bounds on what interpolation may make: texts that double each other would grow without end.
constexpr size_t kMaxWork = size_t{1} << 20;
constexpr size_t kMaxChain = 64;

using Path = std::vector<std::string>;

void Hide(Node& node) {
  node.hidden = true;
  if (auto* list = std::get_if<Node::List>(&node.value)) {
    for (Node& element : *list) Hide(element);
  }
  if (node.table() != nullptr) {
    for (auto& [name, child] : *node.table()) Hide(child);
  }
}

class Resolver final : public InterpolationSource {
 public:
  Resolver(const Node& root, const std::function<Node()>& defaults, Problems& problems)
      : root_(root), make_defaults_(defaults), problems_(problems) {}

  // `node` stands at `path`.
  Node Copy(const Node& node, Path& path) {
    if (++work_ > kMaxWork && !Spend(0, WhereOf(node, path))) return {.value = std::monostate(), .where = node.where};
    if (const Node::Table* table = node.table()) {
      Node copy{.where = node.where};
      for (const auto& [name, child] : *table) {
        path.push_back(name);
        copy.table()->emplace(name, Copy(child, path));
        path.pop_back();
      }
      return copy;
    }
    if (const auto* list = std::get_if<Node::List>(&node.value)) {
      Node::List copy;
      for (const Node& element : *list) {
        path.push_back(std::to_string(copy.size()));
        copy.push_back(Copy(element, path));
        path.pop_back();
      }
      return {.value = std::move(copy), .where = node.where};
    }
    if (node.text() == nullptr) return node;
    return Text(node, path, WhereOf(node, path));
  }

  Node Text(const Node& node, const Path& path, const Where& where) {
    const std::string& text = *node.text();
    const Node broken{.value = std::monostate(), .where = node.where};
    if (!Spend(text.size(), where)) return broken;
    if (text.find("${") == std::string::npos) return node;
    const Path* outer_path = std::exchange(path_, &path);
    const Where* outer_where = std::exchange(where_, &where);
    Node value = broken;
    try {
      value = EvaluateText(text, *this, where);
      value.where = node.where;
      value.hidden = value.hidden || node.hidden;
      if (value.text() != nullptr && !Spend(value.text()->size(), where)) value = broken;
    } catch (const ToldAlready&) {
      value = broken;
    } catch (const Error& error) {
      problems_.Add(where, error);
    }
    path_ = outer_path;
    where_ = outer_where;
    return value;
  }

  Node Key(size_t dots, const Path& path, const std::string& shown) override {
    const Path target = Absolute(dots, path, shown);
    if (auto value = Lookup(target, shown)) {
      if (IsMustBeGiven(*value)) Fail(shown + ": is not given yet");
      return *std::move(value);
    }
    if (problems_.full()) Fail(shown + ": there is no such key");
    std::vector<std::string> keys;
    Keys(root_, "", keys);
    Keys(Defaults(), "", keys);
    Fail(shown + ": there is no such key", DidYouMean(ShownKey(target), keys));
  }

  Node Call(const std::string& name, const std::vector<Node>& arguments, const std::string& shown) override {
    if (name == "oc.env") return Environment(arguments, shown);
    if (name == "oc.select") return Select(arguments, shown);
    if (name == "oc.decode") return Decode(arguments, shown);
    if (name == "oc.dict.keys" || name == "oc.dict.values") {
      Fail(fmt::format("{}: a table of TOML has no order, so {} is not supported", shown, name), "write the list");
    }
    Fail(fmt::format("{}: the resolver {} is not supported", shown, ShownText(name)),
         "there are ${oc.env:NAME}, ${oc.select:key,default} and ${oc.decode:text}");
  }

 private:
  static Where WhereOf(const Node& node, const Path& path) {
    Where where = node.where;
    where.place = "key " + ShownKey(path);
    return where;
  }
  [[noreturn]] void Fail(const std::string& problem, std::string_view mend = {}) const {
    throw Error(*where_, problem, mend);
  }

  bool Spend(size_t amount, const Where& where) {
    work_ += amount;
    if (work_ <= kMaxWork) return true;
    if (!std::exchange(told_, true)) problems_.Add(where, "interpolations grow too large");
    return false;
  }

  // One dot is the table (or list) that the value stands in.
  Path Absolute(size_t dots, const Path& path, const std::string& shown) const {
    if (dots == 0) return path;
    if (dots > path_->size()) Fail(fmt::format("{}: {} dots lead out of the config", shown, dots));
    Path target(path_->begin(), path_->end() - static_cast<std::ptrdiff_t>(dots));
    target.insert(target.end(), path.begin(), path.end());
    return target;
  }

  const Node& Defaults() {
    if (!defaults_) defaults_ = make_defaults_();
    return *defaults_;
  }

  // nullopt: there is no such key. Tables on the way may be interpolations themselves.
  std::optional<Node> Lookup(const Path& target, const std::string& shown) {
    const Node* at = &root_;
    Node resolved;  // what `at` points into once an interpolation was followed
    bool in_root = true;
    Path walked;
    for (const std::string& name : target) {
      if (at->text() != nullptr && in_root && at->text()->find("${") != std::string::npos) {
        resolved = ResolveTarget(*at, walked, shown);
        at = &resolved;
        in_root = false;
      }
      at = Find(*at, {name});
      if (at == nullptr) break;
      walked.push_back(name);
    }
    if (at == nullptr) {
      const Node* fallback = Find(Defaults(), target);
      return fallback == nullptr ? std::nullopt : std::optional(*fallback);
    }
    return in_root ? ResolveTarget(*at, walked, shown) : *at;
  }

  Node ResolveTarget(const Node& target, Path path, const std::string& shown) {
    if (IsMustBeGiven(target)) return target;
    if (std::find(active_.begin(), active_.end(), &target) != active_.end()) Fail(shown + ": goes in a circle");
    if (active_.size() >= kMaxChain) Fail(fmt::format("{}: a chain of more than {}", shown, kMaxChain));
    active_.push_back(&target);
    Node value = Copy(target, path);
    active_.pop_back();
    if (value.broken()) throw ToldAlready{};
    return value;
  }

  Node Environment(const std::vector<Node>& arguments, const std::string& shown) const {
    if (arguments.empty() || arguments.size() > 2 || arguments[0].text() == nullptr) {
      Fail(shown + ": wants a name", "write ${oc.env:NAME} or ${oc.env:NAME,default}");
    }
    const std::string& name = *arguments[0].text();
    Node value{.value = std::string(), .hidden = true};
    if (const char* set = std::getenv(name.c_str()); set != nullptr && name.find('\0') == std::string::npos) {
      value.value = std::string(set);
    } else if (arguments.size() == 1) {
      Fail(fmt::format("{}: the environment has no {}", shown, ShownText(name)),
           "set it, or write ${oc.env:NAME,default}");
    } else {
      value = AsText(arguments[1], shown);
    }
    if (!IsUtf8(*value.text())) Fail(shown + ": is not UTF-8");
    return value;
  }

  // As Python's str(); what stands in for the environment is hidden as it would be.
  Node AsText(const Node& value, const std::string& shown) const {
    if (IsContainer(value)) Fail(shown + ": the default is no text");
    std::string text = value.text() != nullptr ? *value.text() : TomlText(value);
    if (const bool* boolean = std::get_if<bool>(&value.value)) text = *boolean ? "True" : "False";
    return {.value = std::move(text), .hidden = true};
  }

  Node Select(const std::vector<Node>& arguments, const std::string& shown) {
    if (arguments.empty() || arguments.size() > 2 || arguments[0].text() == nullptr) {
      Fail(shown + ": wants a key", "write ${oc.select:a.b,default}");
    }
    size_t dots = 0;
    const Path path = SplitKey(*arguments[0].text(), dots);
    const auto value = Lookup(Absolute(dots, path, shown), shown);
    if (value && !IsMustBeGiven(*value)) return *value;
    if (arguments.size() == 2) return arguments[1];
    Fail(shown + ": there is no such key, and no default", "TOML has no null: write ${oc.select:a.b,default}");
  }

  Node Decode(const std::vector<Node>& arguments, const std::string& shown) {
    if (arguments.size() != 1 || arguments[0].text() == nullptr) Fail(shown + ": wants a text");
    const std::string text = *arguments[0].text();
    try {
      Node value = EvaluateElement(text, *this, *where_);
      if (HoldsHidden(arguments[0])) Hide(value);
      return value;
    } catch (const Error&) {
      if (!HoldsHidden(arguments[0])) throw;
      Fail(shown + ": what the environment holds is no value");
    }
  }

  static void Keys(const Node& node, const std::string& prefix, std::vector<std::string>& keys) {
    if (node.table() == nullptr || keys.size() > 1000) return;
    for (const auto& [name, child] : *node.table()) {
      const std::string key = prefix + name;
      keys.push_back(key);
      Keys(child, key + ".", keys);
    }
  }

  const Node& root_;
  const std::function<Node()>& make_defaults_;
  Problems& problems_;
  std::optional<Node> defaults_;
  std::vector<const Node*> active_;  // targets being resolved
  const Path* path_ = nullptr;       // of the text being resolved
  const Where* where_ = nullptr;
  size_t work_ = 0;
  bool told_ = false;
};

}  // namespace

Node Interpolate(const Node& root, const std::function<Node()>& defaults, Problems& problems) {
  Path path;
  return Resolver(root, defaults, problems).Copy(root, path);
}

std::optional<std::string> InterpolateText(const std::string& text, const Node& known, const Where& where,
                                           Problems& problems) {
  const std::function<Node()> none = [] { return Node(); };
  const Node value = Resolver(known, none, problems).Text({.value = text, .where = where}, {"choice"}, where);
  if (value.text() != nullptr) return *value.text();
  if (!value.broken()) problems.Add(where, fmt::format("{} is {}, not a name", ShownText(text), Shown(value)));
  return std::nullopt;
}

}  // namespace retort
