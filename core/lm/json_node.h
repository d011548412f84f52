// Private to core/lm: a value of a JSON file and where it stands, so that whoever reads a tokenizer.json can refuse
// what is wrong or not built by its path in one word.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace retort {

inline constexpr int kMaxTokenId = 1 << 22;  // sixteen times the largest vocabulary; bounds what a file can allocate

struct JsonNode {
  const nlohmann::json& json;
  const std::filesystem::path& file;
  std::string path;

  Where where() const;
  [[noreturn]] void Fail(std::string_view problem) const;
  [[noreturn]] void Unbuilt(std::string_view what) const;  // "<what> is not supported", and what is

  bool IsNull() const;
  JsonNode operator[](const std::string& key) const;  // a missing key is null
  void ForEach(const std::function<void(const JsonNode&)>& f) const;
  std::string Text() const;
  bool Flag(bool otherwise) const;  // null: `otherwise`
  int Id() const;
  std::string Type() const;  // the text of its "type", one word
  void RefuseUnlessEmpty(const std::string& key) const;
};

}  // namespace retort
