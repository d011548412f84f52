#include "core/lm/json_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace retort {

Where JsonNode::where() const { return {.file = file.string(), .place = path.empty() ? "" : "key " + path}; }

void JsonNode::Fail(std::string_view problem) const { throw Error(where(), problem); }

void JsonNode::Unbuilt(std::string_view what) const {
  throw Error(
      where(), fmt::format("{} is not supported", what),
      "supported is BPE, byte-level as GPT-2, Llama 3, Qwen, SmolLM2, or with byte fallback as Llama 2, Mistral");
}

bool JsonNode::IsNull() const { return json.is_null(); }

JsonNode JsonNode::operator[](const std::string& key) const {
  static const nlohmann::json null;
  if (!json.is_object()) Fail("is not an object");
  const auto found = json.find(key);
  return {found == json.end() ? null : *found, file, path.empty() ? key : path + "." + key};
}

void JsonNode::ForEach(const std::function<void(const JsonNode&)>& f) const {
  if (!json.is_array()) Fail("is not a list");
  for (size_t i = 0; i < json.size(); ++i) f(JsonNode{json[i], file, fmt::format("{}[{}]", path, i)});
}

std::string JsonNode::Text() const {
  if (!json.is_string()) Fail("is not a text");
  return json.get<std::string>();
}

bool JsonNode::Flag(bool otherwise) const {
  if (IsNull()) return otherwise;
  if (!json.is_boolean()) Fail("is neither true nor false");
  return json.get<bool>();
}

int JsonNode::Id() const {
  if (!json.is_number_integer() || json < 0 || json >= kMaxTokenId) {
    Fail(fmt::format("is no token id (an integer from 0 to {})", kMaxTokenId - 1));
  }
  return json.get<int>();
}

std::string JsonNode::Type() const {
  const JsonNode type = (*this)["type"];
  const std::string name = type.Text();
  if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0; })) {
    type.Fail(fmt::format("{} is no type", Excerpt(name)));
  }
  return name;
}

void JsonNode::RefuseUnlessEmpty(const std::string& key) const {
  const JsonNode node = (*this)[key];
  const bool empty = node.IsNull() || node.json == false || node.json == "" || node.json == 0.0;
  if (!empty) node.Unbuilt(key);
}

}  // namespace retort
