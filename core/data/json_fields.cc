// Typed reading of one JSON object.
#include "core/data/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace retort {

using Json = nlohmann::json;

JsonFields::JsonFields(const Json& object, Where where) : object_(object), where_(std::move(where)) {
  if (!object.is_object()) throw Error(where_, fmt::format("must be a JSON object, not {}", object.type_name()));
}

const Json* JsonFields::Find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const Json& JsonFields::Get(const char* key) const {
  if (const Json* found = Find(key)) return *found;
  std::string keys;
  for (const auto& [name, value] : object_.items()) {
    if (keys.size() > 200) {
      keys += " ...";
      break;
    }
    keys += (keys.empty() ? "" : " ") + Excerpt(name, 40);
  }
  throw Error(where_, fmt::format("the key {} is missing", Excerpt(key)),
              keys.empty() ? "there are no keys" : "there are: " + keys);
}

Where JsonFields::At(std::string_view key) const {
  Where at = where_;
  at.place = fmt::format("{}{}key {}", where_.place, where_.place.empty() ? "" : ", ", Excerpt(key));
  return at;
}

void JsonFields::Fail(const char* key, std::string_view expected) const {
  const Json& value = object_.at(key);
  std::string found = value.is_number() ? value.dump() : value.type_name();
  throw Error(At(key), fmt::format("must be {}, not {}", expected, found));
}

void JsonFields::Read(const char* key, std::string& value) const {
  const Json* found = Find(key);
  if (found == nullptr) return;
  if (!found->is_string()) Fail(key, "a string");
  value = found->get_ref<const std::string&>();
}

void JsonFields::Read(const char* key, bool& value) const {
  const Json* found = Find(key);
  if (found == nullptr) return;
  if (!found->is_boolean()) Fail(key, "true or false");
  value = found->get<bool>();
}

void JsonFields::Read(const char* key, double& value) const {
  const Json* found = Find(key);
  if (found == nullptr) return;
  if (!found->is_number()) Fail(key, "a number");
  value = found->get<double>();
}

void JsonFields::Read(const char* key, std::optional<double>& value) const {
  if (Find(key) == nullptr) return;
  Read(key, value.emplace());
}

void JsonFields::Read(const char* key, uint64_t& value) const {
  const Json* found = Find(key);
  if (found == nullptr) return;
  if (!found->is_number_unsigned()) Fail(key, "a whole number from 0");
  value = found->get<uint64_t>();
}

void JsonFields::Read(const char* key, int64_t& value, int64_t min) const {
  const Json* found = Find(key);
  if (found == nullptr) return;
  const bool fits = found->is_number_integer() &&
                    (!found->is_number_unsigned() ||
                     found->get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) &&
                    found->get<int64_t>() >= min;
  if (!fits) Fail(key, fmt::format("a whole number from {}", min));
  value = found->get<int64_t>();
}

void JsonFields::Read(const char* key, int& value, int min) const {
  int64_t wide = value;
  Read(key, wide, min);
  if (wide > std::numeric_limits<int>::max()) Fail(key, "a smaller whole number");
  value = static_cast<int>(wide);
}

void JsonFields::Read(const char* key, std::vector<std::string>& value) const {
  const Json* found = Find(key);
  if (found == nullptr) return;
  if (!found->is_array() || !std::ranges::all_of(*found, [](const Json& e) { return e.is_string(); })) {
    Fail(key, "a list of strings");
  }
  value = found->get<std::vector<std::string>>();
}

void JsonFields::Read(const char* key, std::vector<double>& value) const {
  const Json* found = Find(key);
  if (found == nullptr) return;
  if (!found->is_array() || !std::ranges::all_of(*found, [](const Json& e) { return e.is_number(); })) {
    Fail(key, "a list of numbers");
  }
  value = found->get<std::vector<double>>();
}

}  // namespace retort
