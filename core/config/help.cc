#include "core/config/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/config/compose.h"
#include "core/config/config_files.h"
#include "core/config/schema.h"
#include "core/config/tree.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr size_t kColumns = 100;

// Words that fit into kColumns; every line after the first is indented.
std::string Wrapped(std::string_view text, size_t first_indent, size_t indent) {
  std::string out(first_indent, ' ');
  size_t column = first_indent;
  bool line_start = true;
  for (const std::string& word : Split(text, ' ')) {
    if (!line_start && column + 1 + word.size() > kColumns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
      line_start = true;
    }
    if (!line_start) out += ' ';
    column += word.size() + (line_start ? 0 : 1);
    out += word;
    line_start = false;
  }
  return out + "\n";
}

// "a", "a/b" -> its choices; folders without a .toml file are no groups.
std::map<std::string, std::vector<std::string>> Groups(const fs::path& folder) {
  std::map<std::string, std::vector<std::string>> groups;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry.depth() >= 3) entry.disable_recursion_pending();
    std::error_code ignored;
    if (!entry->is_directory(ignored)) continue;
    auto names = ConfigNames(entry->path());
    if (!names.empty()) groups[entry->path().lexically_relative(folder).generic_string()] = std::move(names);
  }
  return groups;
}

std::string Condition(const SchemaEntry& entry) {
  std::string text;
  for (const auto& [table, kind] : entry.conditions) {
    text += fmt::format("{}{}.kind={}", text.empty() ? "with " : ", ", table, kind);
  }
  return text;
}

std::string OptionText(const SchemaEntry& entry) {
  std::vector<std::string> facts = {entry.type};
  if (entry.required) facts.emplace_back("required");
  if (!entry.default_value.empty()) facts.push_back("default " + entry.default_value);
  if (!entry.unit.empty()) facts.push_back(entry.unit);
  if (!entry.range.empty()) facts.push_back(entry.range);
  if (!entry.choices.empty()) facts.push_back(fmt::format("one of {}", fmt::join(entry.choices, " ")));
  if (!entry.conditions.empty()) facts.push_back(Condition(entry));
  return fmt::format("{}  ({})  {}", entry.key, fmt::join(facts, ", "), entry.help);
}

std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string Code(std::string_view text) { return text.empty() ? "" : "`" + std::string(text) + "`"; }

}  // namespace

std::string HelpText(const Program& program, const CommandLine& command_line, const DescribeFn& describe_defaults) {
  std::string out = Wrapped(fmt::format("{}: {}", program.name, program.summary), 0, 2);
  out += "\n" + Wrapped(fmt::format("Usage: {} [--config-name=NAME] [--config-dir=FOLDER] [--cfg job|all] "
                                    "[--info defaults] [--help] {}[key=value ...]",
                                    program.name, program.sweeps ? "[-m] " : ""),
                        0, 2);
  out +=
      "\n  a.b=v           change an option; lists are [1,2], texts may be quoted, tables are {a: 1}\n"
      "  +a.b=v ++a.b=v  add one that no file sets; add or change\n"
      "  ~a.b            take back what a file sets: the default holds\n"
      "  group=choice    use another file of a group; +group=choice adds a group\n"
      "  group@a.b=...   the same, for a group that is placed at a.b\n"
      "  --cfg job       print the resolved config as TOML and stop\n";
  if (program.sweeps) out += "  -m x=1,2        run each value; also choice(1,2), range(3), group=glob(*)\n";
  for (const auto& [flag, what] : program.flags) out += Wrapped(fmt::format("{:<15} {}", flag, what), 2, 18);
  const fs::path primary = PrimaryFile(command_line);
  out += fmt::format("\nConfig file: {}\n", primary.empty() ? "none, only defaults and overrides" : primary.string());
  if (const auto names = ConfigNames(command_line.config_dir); !names.empty()) {
    out +=
        Wrapped(fmt::format("Config names in {}: {}", command_line.config_dir.string(), fmt::join(names, " ")), 0, 2);
  }
  if (const auto groups = Groups(command_line.config_dir); !groups.empty()) {
    out += "\nGroups and their choices:\n";
    for (const auto& [group, names] : groups) out += Wrapped(fmt::format("{}: {}", group, fmt::join(names, " ")), 2, 6);
  }
  out += "\nOptions:\n";
  for (const SchemaEntry& entry : CollectSchema(describe_defaults)) {
    if (!entry.is_table) out += Wrapped(OptionText(entry), 2, 6);
  }
  return out;
}

std::string ReferenceMarkdown(const DescribeFn& describe) {
  std::string out =
      "| Key | Type | Default | Unit | Range | Changes numbers | Help |\n| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const SchemaEntry& entry : CollectSchema(describe)) {
    if (entry.is_table) continue;
    std::string range = entry.range;
    if (!entry.choices.empty()) range = fmt::format("`{}`", fmt::join(entry.choices, "`, `"));
    std::string help = entry.help;
    if (!entry.conditions.empty()) help += fmt::format("{}({})", help.empty() ? "" : " ", Condition(entry));
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", Code(entry.key), entry.type,
                       entry.required ? "required" : Cell(Code(entry.default_value)), Cell(entry.unit), Cell(range),
                       entry.numerics ? "yes" : "no", Cell(help));
  }
  return out;
}

}  // namespace retort
