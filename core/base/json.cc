#include "core/base/json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

namespace retort {
namespace {

using Json = nlohmann::json;

// Builds the value while it watches depth and doubled keys. nlohmann's own DOM parser does the building.
Json Parse(std::string_view text, const Where& where, const JsonLimits& limits) {
  std::vector<std::unordered_set<std::string>> keys;
  const auto fail = [&](const std::string& problem) { throw Error(where, problem); };
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= limits.max_depth) fail(fmt::format("nested deeper than {}", limits.max_depth));
      if (event == Event::object_start) keys.emplace_back();
    } else if (event == Event::object_end) {
      keys.pop_back();
    } else if (event == Event::key && !keys.back().insert(parsed.get_ref<const std::string&>()).second) {
      fail(fmt::format("the key {} stands twice", Excerpt(parsed.get_ref<const std::string&>())));
    } else if (event == Event::value && parsed.is_number_float() && !std::isfinite(parsed.get<double>())) {
      fail("a number is too large");
    }
    return true;
  };
  return Json::parse(text, watch);
}

}  // namespace

Json ParseJson(std::string_view text, const Where& where, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) throw Error(where, fmt::format("JSON of more than {} bytes", limits.max_bytes));
  try {
    return Parse(text, where, limits);
  } catch (const Json::parse_error& error) {
    Where place = where;
    place.place = fmt::format("{}byte {}", where.place.empty() ? "" : where.place + ", ", error.byte);
    throw Error(place, "no valid JSON");
  } catch (const Json::out_of_range&) {
    throw Error(where, "a number is too large");
  }
}

std::string DumpJson(const Json& value) {
  // nlohmann writes NaN as null, silently: look first.
  std::vector<const Json*> todo = {&value};
  while (!todo.empty()) {
    const Json* next = todo.back();
    todo.pop_back();
    if (next->is_number_float() && !std::isfinite(next->get<double>())) {
      throw Error("a number to be written as JSON is not finite");
    }
    if (next->is_structured()) {
      for (const auto& child : *next) todo.push_back(&child);
    }
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace retort
