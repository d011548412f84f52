// What a folder of TOML composes to, as JSON, with no schema: to see what a config does.
//   build/compose --config-dir=configs --config-name=few_samples task=jsonl
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "core/base/error.h"
#include "core/config/program.h"

namespace retort {
namespace {

struct NoOptions {};
void Describe(Describer& /*d*/, NoOptions& /*c*/) {}

// `text` with all lines but the first moved right.
std::string Indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\n" + indent : std::string(1, c);
  return out;
}

std::string Answer(const CommandLine& command_line, bool resolve) {
  if (!command_line.multirun) return ComposedJson(command_line, resolve);
  std::string out;
  for (const SweepPoint& point : ExpandSweep(command_line)) {
    out += fmt::format("{}{{\n    \"overrides\": {},\n    \"config\": {}\n  }}", out.empty() ? "[\n  " : ",\n  ",
                       JsonList(point.command_line.overrides),
                       Indented(ComposedJson(point.command_line, resolve), "    "));
  }
  return out + "\n]";
}

int Main(int argc, char** argv) {
  const Program program{.name = "compose",
                        .summary = "prints as JSON what a folder of TOML composes to; --no-resolve leaves ${...}",
                        .config_name = "",
                        .sweeps = true};
  return RunMain(program.name, [&] {
    const CommandLine command_line = ParseCommandLine(program, argc, argv, {"--no-resolve"});
    using Action = CommandLine::Action;
    if (command_line.action == Action::kHelp || command_line.action == Action::kDefaults) {
      NoOptions none;
      ExitIfAnswered(program, command_line, [&](Describer& d) { Describe(d, none); });
    }
    if (command_line.action != Action::kRun) throw Error("compose prints JSON as it is: leave --cfg out");
    fmt::print("{}\n", Answer(command_line, command_line.own_flags.empty()));
    if (std::fflush(stdout) != 0) throw Error({.file = "stdout"}, "cannot write");
    return 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
