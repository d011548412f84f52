#include "experiments/look/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/utf8.h"
#include "core/report/escape.h"

namespace retort::lab {
namespace {

bool IsHarmless(int64_t c) {
  const bool second_controls = c >= 0x80 && c <= 0x9F;
  const bool directions =
      (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
  return !second_controls && !directions && c != 0x2028 && c != 0x2029;
}

}  // namespace

std::string Harmless(std::string_view text) {
  const std::string clean = CleanUtf8(text);
  std::string harmless;
  for (std::string_view rest = clean; !rest.empty();) {
    const Utf8Step step = NextUtf8(rest);
    harmless += IsHarmless(step.code_point) ? rest.substr(0, step.length) : std::string_view("\uFFFD");
    rest.remove_prefix(step.length);
  }
  return harmless;
}

std::string OneLine(std::string_view text, size_t max_characters) {
  // No character has more than four bytes: what is cut off anyway need not be looked at.
  const bool long_text = text.size() > 4 * max_characters;
  const std::string harmless = Harmless(long_text ? text.substr(0, 4 * max_characters) : text);
  std::string line;
  size_t characters = 0;
  std::string_view rest = harmless;
  for (; !rest.empty() && characters < max_characters; ++characters) {
    const size_t length = NextUtf8(rest).length;
    if (rest.front() == '\n') {
      line += "\\n";
    } else if (rest.front() == '\t') {
      line += ' ';
    } else {
      line += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  return long_text || !rest.empty() ? line + "..." : line;
}

std::string Aligned(const std::vector<std::vector<std::string>>& rows, const std::vector<size_t>& right) {
  std::vector<std::vector<std::string>> shown;
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    auto& cells = shown.emplace_back();
    for (const std::string& cell : row) {
      cells.push_back(OneLine(cell));
      if (widths.size() < cells.size()) widths.push_back(0);
      widths[cells.size() - 1] = std::max(widths[cells.size() - 1], DisplayWidth(cells.back()));
    }
  }
  std::string text;
  for (const auto& row : shown) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - DisplayWidth(row[c]), ' ');
      const bool at_right = std::ranges::find(right, c) != right.end();
      line += (c == 0 ? "" : "  ") + (at_right ? pad + row[c] : row[c] + pad);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string Facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, DisplayWidth(name));
  std::string text;
  for (const auto& [name, value] : facts) {
    std::string line = name + std::string(width - DisplayWidth(name) + 2, ' ');
    const std::string indent(width + 2, ' ');
    for (const char c : Harmless(value)) line += c == '\n' ? "\n" + indent : std::string(1, c);
    text += line.substr(0, line.find_last_not_of(" \n") + 1) + "\n";
  }
  return text;
}

std::string Indented(const std::string& text) {
  std::string indented;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    indented += (text[at] == '\n' ? "" : "  ") + text.substr(at, end - at);
    at = end;
  }
  return indented.ends_with('\n') || indented.empty() ? indented : indented + "\n";
}

std::string Bytes(uintmax_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* next : {"kB", "MB", "GB", "TB"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return value < 9.95 ? fmt::format("{:.1f} {}", value, unit) : fmt::format("{:.0f} {}", value, unit);
}

std::string ShortHash(std::string_view hash) { return std::string(hash.substr(0, 12)); }

std::string DateAndTime(std::string_view utc) {
  std::string text(utc);
  std::ranges::replace(text, 'T', ' ');
  if (text.ends_with('Z')) text.pop_back();
  return text;
}

std::string Plural(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace retort::lab
