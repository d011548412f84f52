// What a program prints about itself and its config instead of running: --help, --cfg, --info.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "core/base/error.h"
#include "core/config/compose.h"
#include "core/config/help.h"
#include "core/config/problems.h"
#include "core/config/program.h"
#include "core/config/schema.h"
#include "core/config/write.h"

namespace retort {
namespace {

Composition ComposeFor(const CommandLine& command_line, const DescribeFn& describe) {
  Problems problems;
  const auto schema = CollectSchema(describe);
  Composition composed = Compose(command_line, {.is_option = PlainOptions(schema)}, problems);
  problems.ThrowIfAny();
  return composed;
}

CommandLine OneRun(const CommandLine& command_line) {
  std::vector<SweepPoint> points = ExpandSweep(command_line);
  if (points.size() == 1) return std::move(points[0].command_line);
  throw Error({.file = kCommandLine}, fmt::format("this shows one run, and the sweep asks for {}", points.size()),
              "give one value of each");
}

std::string JobText(const CommandLine& command_line, const DescribeFn& describe) {
  LoadConfig(command_line, describe);
  return WriteToml(describe, {.escape_interpolation = true});
}

// The table `hydra` with what of Hydra's there is here.
std::string HydraText(const Program& program, const CommandLine& command_line, const DescribeFn& describe) {
  const Composition composed = ComposeFor(command_line, describe);
  const auto text = [](const std::string& value) { return TomlText({.value = value}, /*escape_interpolation=*/true); };
  std::vector<std::string> words = command_line.overrides;
  Node::List task;
  for (const std::string& word : words) task.push_back({.value = word});
  std::sort(words.begin(), words.end());
  std::string dirname;
  for (const std::string& word : words) dirname += (dirname.empty() ? "" : ",") + word;
  std::error_code error;
  std::string out = fmt::format("\n[hydra]\nmode = \"{}\"\n", command_line.multirun ? "MULTIRUN" : "RUN");
  out += fmt::format("\n[hydra.job]\nname = {}\n", text(program.name));
  if (!command_line.config_name.empty()) out += fmt::format("config_name = {}\n", text(command_line.config_name));
  out += fmt::format("override_dirname = {}\n", text(dirname));
  out += fmt::format("\n[hydra.overrides]\nhydra = []\ntask = {}\n", TomlText({.value = std::move(task)}, true));
  out += fmt::format("\n[hydra.runtime]\ncwd = {}\n", text(std::filesystem::current_path(error).string()));
  out += fmt::format("config_sources = [{{path = {}, provider = \"main\", schema = \"file\"}}]\n",
                     text(std::filesystem::absolute(command_line.config_dir, error).string()));
  out += "\n[hydra.runtime.choices]\n";
  for (const auto& [group, choice] : composed.choices) out += fmt::format("{} = {}\n", text(group), text(choice));
  return out;
}

// The files in the order in which they merge, as Hydra's --info defaults.
std::string DefaultsTable(const CommandLine& command_line, const DescribeFn& describe) {
  std::vector<std::vector<std::string>> rows = {{"Config path", "Package", "_self_", "Parent"}};
  for (const DefaultsRow& row : ComposeFor(command_line, describe).rows) {
    rows.push_back({row.config, row.package, row.is_self ? "True" : "False", row.parent});
  }
  std::vector<size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out = "Defaults List\n*************\n", rule;
  for (const auto& row : rows) {
    std::string line = "|";
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format(" {:<{}} |", row[i], widths[i]);
    if (rule.empty()) {
      rule = std::string(line.size(), '-') + "\n";
      line += "\n" + rule.substr(0, rule.size() - 1);
    }
    out += line + "\n";
  }
  return out + rule;
}

std::string AnswerTo(const Program& program, const CommandLine& command_line, const DescribeFn& describe) {
  switch (command_line.action) {
    case CommandLine::Action::kRun:
      break;
    case CommandLine::Action::kHelp:
      return HelpText(program, command_line, describe);
    case CommandLine::Action::kReference:
      return fmt::format("## {}\n\n{}\n\n{}", program.name, program.summary, ReferenceMarkdown(describe));
    case CommandLine::Action::kPrintJob:
      return JobText(OneRun(command_line), describe);
    case CommandLine::Action::kPrintAll: {
      const CommandLine run = OneRun(command_line);
      const std::string hydra = HydraText(program, run, describe);
      return JobText(run, describe) + hydra;
    }
    case CommandLine::Action::kDefaults:
      return DefaultsTable(OneRun(command_line), describe);
  }
  return "";
}

}  // namespace

void ExitIfAnswered(const Program& program, const CommandLine& command_line, const DescribeFn& describe_defaults) {
  if (command_line.action == CommandLine::Action::kRun) return;
  const std::string answer = AnswerTo(program, command_line, describe_defaults);
  const bool written =
      std::fwrite(answer.data(), 1, answer.size(), stdout) == answer.size() && std::fflush(stdout) == 0;
  if (!written) throw Error({.file = "stdout"}, "cannot write");
  std::exit(0);
}

}  // namespace retort
