#include "experiments/cells/config_lines.h"

#include <fmt/format.h>

#include <functional>

#include "core/base/trim.h"

namespace retort::lab {
namespace {

void ForLines(std::string_view text, const std::function<void(std::string_view, int)>& on_line) {
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    on_line(TrimText(text.substr(0, end)), number);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// "a = 1" below `table`.
void AddSetting(std::string_view table, std::string_view line, int number, ConfigLines& lines) {
  const size_t equals = line.find(" = ");
  if (equals == std::string_view::npos) {
    lines.insert_or_assign(fmt::format("line {}", number), std::string(line));
    return;
  }
  std::string key(line.substr(0, equals));
  const std::string own = std::string(table.substr(table.rfind('.') + 1)) + ".";  // rfind's npos + 1 is 0
  if (!table.empty() && key.starts_with(own)) key.erase(0, own.size());           // some name their table themselves
  if (!table.empty()) key = fmt::format("{}.{}", table, key);
  lines.insert_or_assign(key, std::string(line.substr(equals + 3)));
}

}  // namespace

ConfigLines ReadConfigLines(std::string_view text) {
  ConfigLines lines;
  std::string table;
  ForLines(text, [&](std::string_view line, int number) {
    if (line.empty() || line.starts_with('#')) return;
    if (line.starts_with('[') && line.ends_with(']') && line.find('=') == std::string_view::npos) {
      table = line.substr(1, line.size() - 2);
    } else {
      AddSetting(table, line, number, lines);
    }
  });
  return lines;
}

ConfigLines ReadIdentityLines(std::string_view text) {
  ConfigLines lines;
  std::string table;
  bool head = true;
  ForLines(text, [&](std::string_view line, int number) {
    if (line.empty()) {
      head = false;
    } else if (line.starts_with("# ")) {
      head = false;
      table = line.substr(2);
    } else if (head) {
      const size_t space = line.find(' ');
      lines.insert_or_assign(std::string(line.substr(0, space)),
                             space == std::string_view::npos ? "" : std::string(line.substr(space + 1)));
    } else {
      AddSetting(table, line, number, lines);
    }
  });
  return lines;
}

std::string PlainValue(std::string_view toml_value) {
  if (toml_value.size() < 2 || toml_value.front() != '"' || toml_value.back() != '"') return std::string(toml_value);
  std::string text;
  const std::string_view inside = toml_value.substr(1, toml_value.size() - 2);
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\' || i + 1 == inside.size()) {
      text += inside[i];
      continue;
    }
    const char next = inside[++i];
    text += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
  }
  return text;
}

std::string PlainValue(const ConfigLines& lines, std::string_view key) {
  const auto found = lines.find(key);
  return found == lines.end() ? "" : PlainValue(found->second);
}

}  // namespace retort::lab
