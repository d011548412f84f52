// From a command line to a checked struct: composes TOML files as Hydra composes YAML, applies overrides, checks every
// key, and reports all problems at once. This header and describe.h are all that other rooms see of the config room.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/describe.h"
#include "core/config/toml_text.h"

namespace retort {

struct Program {
  std::string name;         // of the binary
  std::string summary;      // one line for --help
  std::string config_name;  // default of --config-name; empty = no primary file, defaults of the struct alone
  bool sweeps = false;      // -m asks for several runs
  std::vector<std::pair<std::string, std::string>> flags = {};  // of the program itself, with what they do, for --help
};

// What the command line asked for. Words that start with "--" are options, all others are overrides.
struct CommandLine {
  std::filesystem::path config_dir;  // folder that holds <config_name>.toml and the group folders
  std::string config_name;
  std::vector<std::string> overrides;  // in order: "a.b=v", "+a.b=v", "++a.b=v", "~a.b", "group@place=choice"
  bool multirun = false;               // -m: ExpandSweep says what to run
  enum class Action { kRun, kHelp, kPrintJob, kPrintAll, kDefaults, kReference } action = Action::kRun;
  std::vector<std::string> own_flags;  // flags of the program itself (given to Parse) as written, in order
};

// Throws Error for an unknown option. `own_flags` (such as "--worker") are collected instead of refused.
// config_dir defaults to $RETORT_CONFIG_DIR, else `configs` beside or above the executable, else that of the source
// tree.
CommandLine ParseCommandLine(const Program& program, int argc, const char* const* argv,
                             const std::vector<std::string>& own_flags = {});

// One run of a sweep: its command line, and the value of each axis as a word has it ({"teacher", "smollm2"}).
struct SweepPoint {
  CommandLine command_line;
  std::vector<std::pair<std::string, std::string>> axes;
};
// The runs that -m asks for, in the order of Hydra's basic sweeper (the last axis varies fastest); one without axes if
// no word is a sweep. Throws Error for a sweep without -m, an empty one and for too many runs.
std::vector<SweepPoint> ExpandSweep(const CommandLine& command_line);

// Composes and binds into the struct behind `describe`. Throws one Error that lists every problem, a line each, with
// file and line (or "command line") and for an unknown key the nearest known one.
void LoadConfig(const CommandLine& command_line, const DescribeFn& describe);

template <class T>
T Load(const CommandLine& command_line) {
  T config{};
  LoadConfig(command_line, [&](Describer& d) { Describe(d, config); });
  return config;
}

// For main(): parses, handles --help, --cfg and --info (prints to stdout and exits 0), loads. Throws Error.
template <class T>
T LoadOrExit(const Program& program, int argc, const char* const* argv) {
  const CommandLine command_line = ParseCommandLine(program, argc, argv);
  T defaults{};
  ExitIfAnswered(program, command_line, [&](Describer& d) { Describe(d, defaults); });
  return Load<T>(command_line);
}
// Prints and exits for each action but kRun: --help, --cfg job|all, --info defaults, --cfg reference (this program's
// part of docs/reference.md).
void ExitIfAnswered(const Program& program, const CommandLine& command_line, const DescribeFn& describe_defaults);

// Markdown table of every option: key, type, default, unit, range, whether it changes numbers, help. For
// docs/reference.md.
std::string ReferenceMarkdown(const DescribeFn& describe);

// The tree that the command line composes to, as JSON with sorted keys. No schema: every key of the files is there, and
// a.b=v wants that one sets a.b. Without `resolve` interpolations stay as written.
std::string ComposedJson(const CommandLine& command_line, bool resolve);
std::string JsonList(const std::vector<std::string>& texts);  // on one line

// The dotted keys that a list of overrides sets: {"a.b=1", "~c"} -> {"a.b", "c"}. A group override gives the place
// where its file goes: "a/b=choice" -> "a.b", "a/b@c=choice" -> "c". Sweeps count as what they sweep over. Throws Error
// for a word that is no override.
std::vector<std::string> OverriddenKeys(const std::vector<std::string>& overrides);

// Runs `body`, which returns the exit code. An Error is printed as "<name>: <message>" on stderr and gives 2, and so
// does an error of the file system; any other exception is one line "<name>: internal error: ..." and gives 3.
int RunMain(const std::string& name, const std::function<int()>& body);

}  // namespace retort
