#include "core/config/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <utility>

namespace retort {
namespace {

bool IsBareKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string TomlString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

// "${" -> "\${"; backslashes just before it are doubled, as the interpolation halves them.
std::string EscapeInterpolation(std::string_view text) {
  std::string out;
  size_t backslashes = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${") out.append(backslashes + 1, '\\');
    backslashes = text[i] == '\\' ? backslashes + 1 : 0;
    out += text[i];
  }
  return out;
}

// At most `max_bytes` and an ellipsis, never half a character.
std::string Cut(std::string text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0) == 0x80) --max_bytes;
  text.resize(max_bytes);
  return text + "...";
}

}  // namespace

const Node* Find(const Node& root, const std::vector<std::string>& path) {
  const Node* node = &root;
  for (const std::string& name : path) {
    if (const auto* list = std::get_if<Node::List>(&node->value)) {
      size_t index = 0;
      const char* end = name.data() + name.size();
      const auto [stop, error] = std::from_chars(name.data(), end, index);
      if (error != std::errc() || stop != end || index >= list->size()) return nullptr;
      node = &(*list)[index];
      continue;
    }
    const Node::Table* table = node->table();
    if (table == nullptr) return nullptr;
    const auto found = table->find(name);
    if (found == table->end()) return nullptr;
    node = &found->second;
  }
  return node;
}

Node* FindMutable(Node& root, const std::vector<std::string>& path) { return const_cast<Node*>(Find(root, path)); }

Node Nest(const std::vector<std::string>& path, Node content) {
  for (auto name = path.rbegin(); name != path.rend(); ++name) {
    Node outer{.where = content.where};
    outer.table()->emplace(*name, std::move(content));
    content = std::move(outer);
  }
  return content;
}

Where PlaceOf(const Node& node) {
  if (node.where.line > 0 || node.table() == nullptr) return node.where;
  for (const auto& [name, child] : *node.table()) {
    const Where where = PlaceOf(child);
    if (where.line > 0) return where;
  }
  return node.where;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string TomlNumber(double value) {
  if (std::isnan(value)) return "nan";
  std::string text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string TomlText(const Node& node, bool escape_interpolation) {
  return std::visit(
      [&](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "(unreadable)";
        } else if constexpr (std::is_same_v<T, bool>) {
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, int64_t>) {
          return fmt::format("{}", value);
        } else if constexpr (std::is_same_v<T, double>) {
          return TomlNumber(value);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return TomlString(escape_interpolation ? EscapeInterpolation(value) : value);
        } else if constexpr (std::is_same_v<T, Node::List>) {
          std::string text;
          for (const Node& element : value) {
            text += (text.empty() ? "" : ", ") + TomlText(element, escape_interpolation);
          }
          return "[" + text + "]";
        } else {
          std::string text;
          for (const auto& [name, child] : value) {
            text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", IsBareKey(name) ? name : TomlString(name),
                                TomlText(child, escape_interpolation));
          }
          return "{" + text + "}";
        }
      },
      node.value);
}

bool HoldsHidden(const Node& node) {
  if (node.hidden) return true;
  if (const auto* list = std::get_if<Node::List>(&node.value)) return std::ranges::any_of(*list, HoldsHidden);
  return node.table() != nullptr &&
         std::ranges::any_of(*node.table(), [](const auto& entry) { return HoldsHidden(entry.second); });
}

std::string Shown(const Node& node) {
  if (HoldsHidden(node)) return "what the environment holds";
  static constexpr const char* kKinds[] = {"",          "",          "the integer ", "the number ",
                                           "the text ", "the list ", "the table "};
  return kKinds[node.value.index()] + Cut(TomlText(node), 60);
}

std::string ShownText(std::string_view text) { return Cut(TomlString(text), 80); }

std::string ShownKey(const std::vector<std::string>& path) {
  std::string key;
  for (const std::string& name : path) key += (key.empty() ? "" : ".") + (IsBareKey(name) ? name : TomlString(name));
  return Cut(std::move(key), 100);
}

}  // namespace retort
