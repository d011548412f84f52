// Texts of values follow Hydra's to the letter (override_dirname, names of runs), even where they read back as another
// type: what choice('1') runs is x=1.
#include "core/config/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>

namespace retort {
namespace {

std::string Escaped(std::string_view text) {
  static constexpr std::string_view kSpecial = "\\()[]{}:=, \t";
  std::string out;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Backslashes count only before a quote and at the end, where they are doubled.
std::string InQuotes(const Quotable& text) {
  std::string out(1, text.quote);
  size_t backslashes = 0;
  for (const char c : text.text) {
    if (c == text.quote) out.append(backslashes + 1, '\\');
    backslashes = c == '\\' ? backslashes + 1 : 0;
    out += c;
  }
  out.append(backslashes, '\\');
  return out + text.quote;
}

// What no backslash can hold outside of quotes; Hydra writes such texts so that it cannot read them.
bool NeedsQuotes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return c == '\'' || c == '"' || (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

}  // namespace

std::string_view KindName(const Value& value) {
  static constexpr std::array<std::string_view, 7> kNames = {"a bool", "an integer", "a number", "a text",
                                                             "a list", "a table",    "a sweep"};
  return kNames[value.content.index()];
}

Node ToNode(const Value& value, const Where& where) {
  Node node{.where = where};
  std::visit(
      [&](const auto& content) {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, Quotable>) {
          node.value = content.text;
        } else if constexpr (std::is_same_v<T, Value::List>) {
          Node::List list;
          for (const Value& element : content) list.push_back(ToNode(element, where));
          node.value = std::move(list);
        } else if constexpr (std::is_same_v<T, Value::Table>) {
          for (const ValueEntry& entry : content) {
            node.table()->insert_or_assign(entry.key, ToNode(entry.value, where));
          }
        } else if constexpr (std::is_same_v<T, Sweep>) {
          node.value = std::monostate();  // was complained about
        } else {
          node.value = content;
        }
      },
      value.content);
  return node;
}

std::string ValueText(const Value& value) {
  return std::visit(
      [](const auto& content) -> std::string {
        using T = std::decay_t<decltype(content)>;
        std::string text;
        if constexpr (std::is_same_v<T, bool>) {
          return content ? "True" : "False";
        } else if constexpr (std::is_same_v<T, int64_t>) {
          return fmt::format("{}", content);
        } else if constexpr (std::is_same_v<T, double>) {
          return TomlNumber(content);
        } else if constexpr (std::is_same_v<T, Quotable>) {
          if (content.quote != '\0') return InQuotes(content);
          return NeedsQuotes(content.text) ? InQuotes({content.text, '\''}) : Escaped(content.text);
        } else if constexpr (std::is_same_v<T, Value::List>) {
          for (const Value& element : content) text += (text.empty() ? "" : ",") + ValueText(element);
          return "[" + text + "]";
        } else if constexpr (std::is_same_v<T, Value::Table>) {
          for (const ValueEntry& entry : content) {
            text += fmt::format("{}{}:{}", text.empty() ? "" : ",", entry.written, ValueText(entry.value));
          }
          return "{" + text + "}";
        } else {
          return "(sweep)";
        }
      },
      value.content);
}

}  // namespace retort
