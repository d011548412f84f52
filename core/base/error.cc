#include "core/base/error.h"

#include <fmt/format.h>

namespace retort {

std::string ToString(const Where& where) {
  std::string text = where.file;
  if (where.line > 0) text += fmt::format("{}{}", text.empty() ? "line " : ":", where.line);
  if (!where.place.empty()) text += (text.empty() ? "" : ": ") + where.place;
  return text;
}

std::string Excerpt(std::string_view text, size_t max_bytes) {
  size_t size = text.size();
  if (size > max_bytes) {
    size = max_bytes;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;  // whole characters of UTF-8
  }
  std::string quoted = "\"";
  for (const char c : text.substr(0, size)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + (size < text.size() ? "...\"" : "\"");
}

namespace {

// One line, and nothing that a terminal would obey: names and values in messages come from files.
std::string OneLine(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  return text;
}

}  // namespace

Error::Error(const Where& where, std::string_view problem, std::string_view mend)
    : std::runtime_error(OneLine(fmt::format("{}{}{}{}{}", ToString(where), ToString(where).empty() ? "" : ": ",
                                             problem, mend.empty() ? "" : "; ", mend))) {}

}  // namespace retort
