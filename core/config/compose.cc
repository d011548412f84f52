// Groups first, since they decide which files there are; then the values, in the order of the command line.
#include "core/config/compose.h"

#include <fmt/format.h>

#include <utility>

#include "core/config/apply.h"
#include "core/config/config_files.h"
#include "core/config/merge.h"
#include "core/config/override.h"

namespace retort {
namespace {

std::vector<Override> Parse(const CommandLine& command_line, Problems& problems) {
  std::vector<Override> overrides;
  for (const std::string& word : command_line.overrides) {
    auto parsed = ParseOverride(word, problems);
    if (!parsed) continue;
    if (parsed->sweep() != nullptr) AddSweepProblem(*parsed, problems);
    overrides.push_back(*std::move(parsed));
  }
  return overrides;
}

}  // namespace

std::filesystem::path PrimaryFile(const CommandLine& command_line) {
  if (command_line.config_name.empty()) return {};
  return command_line.config_dir / (WithoutToml(command_line.config_name) + ".toml");
}

Composition Compose(const CommandLine& command_line, const ComposeRules& rules, Problems& problems) {
  const std::vector<Override> overrides = Parse(command_line, problems);
  Problems file_problems;  // these stop here
  ConfigFiles files(command_line.config_dir, file_problems);
  DefaultsList list = ListDefaults(
      {.config_name = WithoutToml(command_line.config_name), .overrides = overrides, .is_option = rules.is_option},
      files, file_problems, problems);
  Composition composed{.root = {}, .rows = std::move(list.rows), .choices = std::move(list.choices)};
  for (const DefaultsRow& row : composed.rows) {
    const auto package = row.package.empty() ? std::vector<std::string>{} : Split(row.package, '.');
    MergeAt(composed.root, {}, Nest(package, files.Load(row.config)->content), {}, file_problems);
  }
  if (file_problems.any()) {
    file_problems.Join(problems);
    file_problems.ThrowIfAny();
  }
  for (const Override* change : list.values) {
    if (change->sweep() != nullptr) continue;  // was complained about
    if (change->package || change->key.find('/') != std::string::npos) {
      const std::string folder = (command_line.config_dir / change->key).string();
      problems.Add({.file = kCommandLine}, fmt::format("{}: there is no group folder {}", change->GroupKey(), folder));
      continue;
    }
    ApplyOverride(*change, rules.known_keys_only, composed.root, problems);
  }
  return composed;
}

}  // namespace retort
