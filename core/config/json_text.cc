// Written by hand, since the JSON library writes NaN as null and 2.0 as it likes.
#include "core/config/json_text.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "core/config/compose.h"
#include "core/config/interpolate.h"
#include "core/config/program.h"

namespace retort {
namespace {

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return TomlNumber(value);
}

void Append(const Node& node, const std::string& indent, std::string& out) {
  const std::string deeper = indent + "  ";
  std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, double>) {
          out += NumberText(value);
        } else if constexpr (std::is_same_v<T, std::string>) {
          out += Quoted(value);
        } else if constexpr (std::is_same_v<T, Node::List>) {
          out += '[';
          for (const Node& element : value) {
            out += (&element == value.data() ? "\n" : ",\n") + deeper;
            Append(element, deeper, out);
          }
          out += value.empty() ? "]" : "\n" + indent + "]";
        } else if constexpr (std::is_same_v<T, Node::Table>) {
          out += '{';
          bool first = true;
          for (const auto& [name, child] : value) {
            out += (first ? "\n" : ",\n") + deeper + Quoted(name) + ": ";
            first = false;
            Append(child, deeper, out);
          }
          out += first ? "}" : "\n" + indent + "}";
        } else {
          out += TomlText(node);
        }
      },
      node.value);
}

}  // namespace

std::string JsonText(const Node& node) {
  std::string out;
  Append(node, "", out);
  return out;
}

std::string JsonList(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + Quoted(text);
  return "[" + out + "]";
}

std::string ComposedJson(const CommandLine& command_line, bool resolve) {
  Problems problems;
  Node root = Compose(command_line, {.known_keys_only = true}, problems).root;
  if (resolve)
    root = Interpolate(
        root, [] { return Node(); }, problems);
  problems.ThrowIfAny();
  return JsonText(root);
}

}  // namespace retort
