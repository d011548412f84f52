// The functions of Hydra's values: casts, sweeps, sort. Room-internal.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/config/value.h"

namespace retort {

struct FunctionCall {
  std::string name;
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

// Throws Error at `where` for a function that there is not, and for arguments that it does not take.
Value Evaluate(FunctionCall call, const Where& where);

// int(), float(), str(), bool() of one value; elements of lists, tables and sweeps each.
Value Cast(const std::string& type, const Value& value, const Where& where);

}  // namespace retort
