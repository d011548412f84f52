// Resolves from the composed tree into a copy, without a memo: a value that is named often is worked out often, and a
// budget on the whole work bounds that.
#include "core/config/interpolate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/utf8.h"

namespace retort {
namespace {

// Bounds on what interpolation may make: texts that double each other would grow without end.
constexpr size_t kMaxWork = size_t{1} << 20;
constexpr size_t kMaxChain = 64;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

class Resolver {
 public:
  Resolver(const Node& root, const std::function<Node()>& defaults, Problems& problems)
      : root_(root), make_defaults_(defaults), problems_(problems) {}

  Node Copy(const Node& node, std::vector<std::string>& path) {
    if (!Spend(1, node, path)) return {.value = std::monostate(), .where = node.where};
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
      for (const Node& element : *list) copy.push_back(Copy(element, path));
      return {.value = std::move(copy), .where = node.where};
    }
    if (node.text() == nullptr) return node;
    return Text(node, path);
  }

 private:
  bool Spend(size_t amount, const Node& node, const std::vector<std::string>& path) {
    work_ += amount;
    if (work_ <= kMaxWork) return true;
    if (std::exchange(told_, true)) return false;
    Complain(node, path, "interpolations grow too large");
    return false;
  }

  void Complain(const Node& node, const std::vector<std::string>& path, std::string_view problem,
                std::string_view mend = {}) {
    Where where = node.where;
    where.place = "key " + ShownKey(path);
    problems_.Add(where, problem, mend);
  }

  Node Text(const Node& node, const std::vector<std::string>& path) {
    const std::string& text = *node.text();
    const Node broken{.value = std::monostate(), .where = node.where};
    if (!Spend(text.size(), node, path)) return broken;
    std::string out;
    bool hidden = false;
    for (size_t at = 0; at < text.size();) {
      size_t dollar = text.find("${", at);
      if (dollar == std::string::npos) {
        out += text.substr(at);
        break;
      }
      // An odd number of backslashes before "${" takes its meaning away; each pair is one backslash.
      size_t backslashes = 0;
      while (dollar - backslashes > at && text[dollar - backslashes - 1] == '\\') ++backslashes;
      out += text.substr(at, dollar - backslashes - at);
      out.append(backslashes / 2, '\\');
      if (backslashes % 2 == 1) {
        out += "${";
        at = dollar + 2;
        continue;
      }
      const size_t close = text.find('}', dollar);
      if (close == std::string::npos) {
        Complain(node, path, "${ without its }", "write \\${ where no interpolation is meant");
        return broken;
      }
      const std::string inner = text.substr(dollar + 2, close - dollar - 2);
      std::optional<Node> value = Value(inner, node, path);
      if (!value || value->broken()) return broken;
      if (dollar == 0 && close + 1 == text.size()) {
        value->where = node.where;
        return *std::move(value);
      }
      if (value->table() != nullptr || std::get_if<Node::List>(&value->value) != nullptr) {
        Complain(node, path, fmt::format("${{{}}} is {}, which cannot stand inside a text", inner, Shown(*value)));
        return broken;
      }
      const std::string piece = value->text() != nullptr ? *value->text() : TomlText(*value);
      if (!Spend(piece.size(), node, path)) return broken;
      out += piece;
      hidden = hidden || value->hidden;
      at = close + 1;
    }
    return {.value = std::move(out), .where = node.where, .hidden = hidden};
  }

  // nullopt: it was complained about.
  std::optional<Node> Value(const std::string& inner, const Node& node, const std::vector<std::string>& path) {
    const std::string shown = "${" + (inner.size() > 60 ? inner.substr(0, 60) + "..." : inner) + "}";
    const auto complain = [&](const std::string& problem, std::string_view mend = {}) {
      Complain(node, path, shown + ": " + problem, mend);
      return std::nullopt;
    };
    if (inner.find("${") != std::string::npos) return complain("nested interpolation is not supported yet");
    if (const size_t colon = inner.find(':'); colon != std::string::npos) {
      if (Trimmed(inner).substr(0, 7) != "oc.env:") {
        return complain(fmt::format("the resolver {} is not supported yet", ShownText(inner.substr(0, colon))),
                        "there is ${oc.env:NAME}");
      }
      return Environment(std::string_view(inner).substr(colon + 1), complain, node.where);
    }
    const auto target_path = Split(Trimmed(inner), '.');
    if (target_path.front().empty() && target_path.size() > 1) {
      return complain("relative interpolation is not supported yet", "write the key from the top: ${a.b}");
    }
    const Node* target = Find(root_, target_path);
    if (target == nullptr) {
      if (!defaults_) defaults_ = make_defaults_();
      target = Find(*defaults_, target_path);
      if (target == nullptr) {
        if (problems_.full()) return complain("there is no such key");
        std::vector<std::string> keys;
        Keys(root_, "", keys);
        Keys(*defaults_, "", keys);
        return complain("there is no such key", DidYouMean(Trimmed(inner), keys));
      }
      return *target;
    }
    if (target->text() != nullptr && *target->text() == kMustBeGiven) return complain("is not given yet");
    if (std::find(active_.begin(), active_.end(), target) != active_.end()) return complain("goes in a circle");
    if (active_.size() >= kMaxChain) return complain(fmt::format("a chain of more than {}", kMaxChain));
    active_.push_back(target);
    std::vector<std::string> inner_path = target_path;
    Node value = Copy(*target, inner_path);
    active_.pop_back();
    return value;
  }

  template <class Complain>
  std::optional<Node> Environment(std::string_view inner, const Complain& complain, const Where& where) {
    const size_t comma = std::min(inner.find(','), inner.size());
    const std::string name(Trimmed(inner.substr(0, comma)));
    std::string value;
    if (const char* set = std::getenv(name.c_str())) {
      value = set;
    } else if (comma == inner.size()) {
      return complain(fmt::format("the environment has no {}", ShownText(name)),
                      "set it, or write ${oc.env:NAME,default}");
    } else {
      std::string_view fallback = Trimmed(inner.substr(comma + 1));
      if (fallback == "null") return complain("null: TOML has none", "give a text as default");
      const bool quoted = fallback.size() >= 2 && fallback.front() == fallback.back() &&
                          (fallback.front() == '\'' || fallback.front() == '"');
      value = quoted ? fallback.substr(1, fallback.size() - 2) : fallback;
    }
    if (!IsUtf8(value)) return complain("is not UTF-8");
    return Node{.value = std::move(value), .where = where, .hidden = true};
  }

  static void Keys(const Node& node, const std::string& prefix, std::vector<std::string>& keys) {
    if (node.table() == nullptr || keys.size() > 1000) return;
    for (const auto& [name, child] : *node.table()) {
      const std::string key = prefix.empty() ? name : prefix + "." + name;
      keys.push_back(key);
      Keys(child, key, keys);
    }
  }

  const Node& root_;
  const std::function<Node()>& make_defaults_;
  Problems& problems_;
  std::optional<Node> defaults_;
  std::vector<const Node*> active_;  // targets being resolved
  size_t work_ = 0;
  bool told_ = false;
};

}  // namespace

Node Interpolate(const Node& root, const std::function<Node()>& defaults, Problems& problems) {
  std::vector<std::string> path;
  return Resolver(root, defaults, problems).Copy(root, path);
}

}  // namespace retort
