// A value of the command line as Hydra's grammar reads it: more than a Node, since a text remembers its quotes, a table
// the order of its keys, and a sweep is a value too. Room-internal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/config/tree.h"

namespace retort {

struct Value;
using Number = std::variant<int64_t, double>;

struct Quotable {
  std::string text;
  char quote = '\0';  // ' or " if it stood in quotes
};

struct Sweep {
  enum class Kind { kChoice, kRange, kGlob } kind = Kind::kChoice;
  bool simple = false;  // a,b and not choice(a,b)
  std::vector<Value> choices;
  Number start = int64_t{0}, stop = int64_t{0}, step = int64_t{1};  // of kRange
  std::vector<std::string> include, exclude;                        // of kGlob
};

struct ValueEntry;

struct Value {
  using List = std::vector<Value>;
  using Table = std::vector<ValueEntry>;
  std::variant<bool, int64_t, double, Quotable, List, Table, Sweep> content;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&content);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&content);
  }
};

struct ValueEntry {
  std::string key;
  std::string written;  // as a word of the command line would hold it
  Value value;
};

// "a text", "a sweep": for messages.
std::string_view KindName(const Value& value);
// A sweep is no value of one run: it gives a broken node.
Node ToNode(const Value& value, const Where& where);
// As a word of the command line: what Hydra's sweeper writes after the '=' of each run. Not for sweeps.
std::string ValueText(const Value& value);

}  // namespace retort
