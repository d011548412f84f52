// Typed reading of one JSON object: strict types, ranges checked, null read as absent, the key named in every error.
// Seen by this room's .cc files only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace retort {

class JsonFields {
 public:
  // `object` must outlive this. Throws Error if it is no object. `where.place` names it within its line.
  JsonFields(const nlohmann::json& object, Where where);

  const nlohmann::json* Find(const char* key) const;  // nullptr: absent or null
  const nlohmann::json& Get(const char* key) const;   // throws Error that lists the keys that are there
  // Left as it was if absent.
  void Read(const char* key, std::string& value) const;
  void Read(const char* key, bool& value) const;
  void Read(const char* key, double& value) const;
  void Read(const char* key, std::optional<double>& value) const;
  void Read(const char* key, uint64_t& value) const;
  void Read(const char* key, int64_t& value, int64_t min = 0) const;
  void Read(const char* key, int& value, int min = 0) const;
  void Read(const char* key, std::vector<std::string>& value) const;
  void Read(const char* key, std::vector<double>& value) const;

  Where At(std::string_view key) const;
  [[noreturn]] void Fail(const char* key,
                         std::string_view expected) const;  // "key \"x\": must be <expected>, not <type>"

 private:
  const nlohmann::json& object_;
  Where where_;
};

}  // namespace retort
