#include "core/config/walker.h"

#include <array>
#include <type_traits>

namespace retort {
namespace {

Node Of(bool value) { return {.value = value}; }
Node Of(int value) { return {.value = int64_t{value}}; }
Node Of(int64_t value) { return {.value = value}; }
Node Of(double value) { return {.value = value}; }
Node Of(const std::string& value) { return {.value = value}; }
template <class T>
Node Of(const std::vector<T>& values) {
  Node::List list;
  for (const T& value : values) list.push_back(Of(value));
  return {.value = std::move(list)};
}
template <class T>
std::optional<Node> OptionalOf(const T& value) {
  return Of(value);
}
template <class T>
std::optional<Node> OptionalOf(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return Of(*value);
}

}  // namespace

std::string Walker::Key(std::string_view name) const {
  std::string key;
  for (const std::string& part : path_) key += (key.empty() ? "" : ".") + part;
  if (!name.empty()) key += (key.empty() ? "" : ".") + std::string(name);
  return key;
}

std::optional<Node> ToNode(const Walker::Value& value) {
  return std::visit([](const auto* field) { return OptionalOf(*field); }, value);
}

std::string_view TypeName(const Walker::Value& value) {
  static constexpr std::array<std::string_view, std::variant_size_v<Walker::Value>> kNames = {
      "bool",
      "integer",
      "integer",
      "number",
      "text",
      "list of integers",
      "list of numbers",
      "list of texts",
      "list of lists of texts",
      "integer, may be left out",
      "number, may be left out"};
  return kNames[value.index()];
}

}  // namespace retort
