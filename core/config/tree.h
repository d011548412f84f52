// A config before it is bound to a struct: a tree of values, each with the place that it came from. Our own type and
// not toml++'s, since places must survive merging and overrides, and so that toml++ stays in one .cc. Room-internal.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.h"

namespace retort {

struct Node {
  using List = std::vector<Node>;
  using Table = std::map<std::string, Node, std::less<>>;
  // monostate: a value that was already complained about; the binder passes over it.
  std::variant<std::monostate, bool, int64_t, double, std::string, List, Table> value = Table{};
  Where where = {};     // file and line, or file = kCommandLine
  bool hidden = false;  // came from the environment, where secrets are: no message shows it

  const Table* table() const { return std::get_if<Table>(&value); }
  Table* table() { return std::get_if<Table>(&value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  bool broken() const { return std::holds_alternative<std::monostate>(value); }
};

inline constexpr char kCommandLine[] = "command line";
inline constexpr char kMustBeGiven[] = "???";
inline bool IsContainer(const Node& node) {
  return node.table() != nullptr || std::holds_alternative<Node::List>(node.value);
}
inline bool IsMustBeGiven(const Node& node) { return node.text() != nullptr && *node.text() == kMustBeGiven; }

inline constexpr int kMaxDepth = 32;  // of keys, and of lists and tables in each other

// nullptr if there is none; elements of lists are "0", "1", ...
const Node* Find(const Node& root, const std::vector<std::string>& path);
Node* FindMutable(Node& root, const std::vector<std::string>& path);
// `content` at the key `path`.
Node Nest(const std::vector<std::string>& path, Node content);
// The node's place; a table that has none of its own takes that of its first value.
Where PlaceOf(const Node& node);

std::vector<std::string> Split(std::string_view text, char separator);

// As TOML writes it, on one line, without loss. `escape_interpolation` writes "${" as "\${", for a text that will be
// loaded with interpolation again.
std::string TomlText(const Node& node, bool escape_interpolation = false);
std::string TomlNumber(double value);  // shortest text that reads back the same; never looks like an integer
// For messages: "the integer 5", "the list [1, 2]"; long ones are cut.
bool HoldsHidden(const Node& node);  // in it or below
std::string Shown(const Node& node);
std::string ShownText(std::string_view text);  // quoted, escaped, cut
// A key for messages: joined by dots, quoted where it is no bare key, cut where it is long.
std::string ShownKey(const std::vector<std::string>& path);

}  // namespace retort
