// The one file that includes toml++. It parses, and copies into our own tree at once: twice the work for a few
// kilobytes, and in return nothing else depends on toml++'s types or compile time.
#include "core/config/toml_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

namespace retort {
namespace {

// toml++ before 3.4 bounds nested values but not dotted keys: a line `a.a.a...` of a megabyte makes tables so deep that
// their destructor overflows the stack. This reads just enough TOML to count the dots of a key; what is no valid TOML
// before such a key is refused by toml++ before it gets there.
void RefuseDeepKeys(std::string_view text, const std::string& file) {
  int line = 1, dots = 0;
  const auto skip_string = [&](size_t i) {  // returns the index after the string that begins at i
    const char quote = text[i];
    const bool multi_line = text.substr(i, 3) == std::string(3, quote);
    for (i += multi_line ? 3 : 1; i < text.size(); ++i) {
      if (text[i] == '\n') {
        if (!multi_line) return i;
        ++line;
      } else if (text[i] == '\\' && quote == '"') {
        if (i + 1 < text.size() && text[i + 1] == '\n') ++line;
        ++i;
      } else if (text[i] == quote) {
        if (!multi_line) return i + 1;
        if (text.substr(i, 3) != std::string(3, quote)) continue;
        i += 3;
        for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;  // quotes may end the text
        return i;
      }
    }
    return i;
  };
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = skip_string(i);
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (c == '.' && ++dots > kMaxDepth) {
      throw Error({.file = file, .line = line}, fmt::format("a key of more than {} parts", kMaxDepth));
    }
    if (std::string_view(",=[]{}\n").find(c) != std::string_view::npos) dots = 0;
    if (c == '\n') ++line;
    ++i;
  }
}

Node ToNode(const toml::node& source, const std::string& file, int depth) {
  const Where where{.file = file, .line = static_cast<int>(source.source().begin.line)};
  if (depth > kMaxDepth) throw Error(where, fmt::format("lists and tables more than {} deep", kMaxDepth));
  Node node{.where = where};
  if (const toml::table* table = source.as_table()) {
    for (const auto& [key, child] : *table) {
      Node& placed = node.table()->emplace(std::string(key.str()), ToNode(child, file, depth + 1)).first->second;
      if (key.source().begin.line > 0) placed.where.line = static_cast<int>(key.source().begin.line);
    }
  } else if (const toml::array* array = source.as_array()) {
    Node::List list;
    for (const toml::node& element : *array) list.push_back(ToNode(element, file, depth + 1));
    node.value = std::move(list);
  } else if (const auto text = source.value_exact<std::string>()) {
    node.value = *text;
  } else if (const auto boolean = source.value_exact<bool>()) {
    node.value = *boolean;
  } else if (const auto integer = source.value_exact<int64_t>()) {
    node.value = *integer;
  } else if (const auto number = source.value_exact<double>()) {
    node.value = *number;
  } else {
    throw Error(where, "a date or time, which no option takes", "put it in quotes");
  }
  return node;
}

}  // namespace

Node ParseToml(std::string_view text, const std::string& file) {
  if (text.size() > kMaxTomlBytes) throw Error({.file = file}, fmt::format("has more than {} bytes", kMaxTomlBytes));
  RefuseDeepKeys(text, file);
  try {
    Node root = ToNode(toml::parse(text, file), file, 0);
    root.where.line = 0;
    return root;
  } catch (const toml::parse_error& error) {
    std::string what(error.description());
    std::replace(what.begin(), what.end(), '\n', ' ');
    throw Error({.file = file, .line = static_cast<int>(error.source().begin.line)}, "not valid TOML: " + what);
  }
}

}  // namespace retort
