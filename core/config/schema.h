// Every option of a struct, of all alternatives: for --help, the reference page and "did you mean". Room-internal.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/program.h"

namespace retort {

struct SchemaEntry {
  std::string key;            // "teacher.model"
  bool is_table = false;      // then only key, help and conditions hold
  std::string type;           // "integer", "list of texts"
  std::string default_value;  // as TOML; empty if there is none
  std::string unit, range, help;
  std::vector<std::string> choices;
  bool required = false, numerics = true;
  // The key exists only where each of these unions has this kind: {"teacher", "api"}.
  std::vector<std::pair<std::string, std::string>> conditions;
};

std::vector<SchemaEntry> CollectSchema(const DescribeFn& describe);
// Whether the struct has a plain option (no table) of this key; `schema` must outlive the answer.
std::function<bool(const std::string&)> PlainOptions(const std::vector<SchemaEntry>& schema);
// ">= 0", "0 to 1"; empty if unbounded.
std::string RangeText(double min, double max);

}  // namespace retort
