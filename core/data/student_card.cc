#include "core/data/student_card.h"

#include <fmt/format.h>

#include <algorithm>

namespace retort {
namespace {

std::string OneLine(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

}  // namespace

std::string YamlString(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : OneLine(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string CardText(const std::string& text) {
  std::string markdown;
  for (const char c : OneLine(text)) {
    if (c == '<') {
      markdown += "&lt;";
    } else if (c == '>') {
      markdown += "&gt;";
    } else if (c == '&') {
      markdown += "&amp;";
    } else {
      if (c == '|' || c == '`' || c == '\\') markdown += '\\';
      markdown += c;
    }
  }
  return markdown;
}

std::string StudentCardHead(const Card& teacher, const std::string& name, const std::string& front_matter) {
  std::string whole = OneLine(name);
  if (!whole.starts_with(teacher.name_prefix)) whole = OneLine(teacher.name_prefix) + "-" + whole;
  std::string card = "---\nlibrary_name: transformers\n" + front_matter;
  card += fmt::format("model_name: {}\n", YamlString(whole));
  if (!teacher.disclosure.empty()) card += fmt::format("disclosure: {}\n", YamlString(teacher.disclosure));
  card += fmt::format("---\n# {}\n\n", CardText(whole));
  if (!teacher.disclosure.empty()) card += CardText(teacher.disclosure) + "\n\n";
  return card;
}

}  // namespace retort
