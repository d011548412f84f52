#include "experiments/look/trace_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/number.h"
#include "experiments/cells/config_lines.h"
#include "experiments/look/command_words.h"
#include "experiments/look/run_list.h"
#include "experiments/look/trace_row.h"
#include "experiments/look/trace_run.h"
#include "experiments/look/trace_summary.h"
#include "experiments/look/trace_text.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHelp =
    R"(trace: walk a number of a table back to teacher, licence and sampling settings

Usage: trace TABLE ROW [--runs-dir=FOLDER] [--json]

  TABLE              cells.csv or summary.csv of an experiment, or the folder that holds them
  ROW                the number of the row, from 1, the header not counted; or words that one row alone has, such as
                     arm=teacher n=16 seed=0 task=rules, or arm=teacher statistic=n50
  --runs-dir=FOLDER  where the runs are; default: runs_dir of the config.toml beside the table
  --json             the same as one JSON object
  --help             this

A row of cells.csv is followed through its run: result, items, settings, what fixed its numbers, samples, manifest,
collection, teacher, task, base checkpoint. A row of summary.csv is made again from the runs behind it, and each of them
is followed. At each step stands whether it is unchanged, CHANGED, missing, or not checked, with the reason.

Exit codes: 0 unchanged, 1 something changed or is missing, 2 the user's mistake.
)";

ConfigLines OutputConfig(const fs::path& folder) {
  const fs::path file = folder / "config.toml";
  return fs::exists(file) ? ReadConfigLines(ReadRunFile(file)) : ConfigLines{};
}

fs::path RunsDir(const CommandWords& command, const ConfigLines& config, const fs::path& folder) {
  std::error_code error;
  if (const auto given = command.Value("--runs-dir")) {
    if (!fs::is_directory(*given, error)) throw Error({.file = *given}, "there is no such folder of runs");
    return *given;
  }
  const std::string recorded = PlainValue(config, "runs_dir");
  if (recorded.empty()) {
    throw Error({.file = (folder / "config.toml").string()}, "does not say where the runs are",
                "give it by --runs-dir=FOLDER");
  }
  if (!fs::is_directory(recorded, error)) {
    throw Error({.file = (folder / "config.toml").string()},
                fmt::format("its runs_dir {} is no folder, seen from here", Excerpt(recorded)),
                "go to where the experiment was started, or give it by --runs-dir=FOLDER");
  }
  return recorded;
}

std::optional<double> SmallestGap(const ConfigLines& config) {
  return ParseNumber<double>(PlainValue(config, "evaluation.smallest_gap"));
}

template <class Trace>
int Print(const Trace& trace, bool json) {
  PrintAll(json ? DumpJson(ToJson(trace)) + "\n" : ToText(trace));
  return IsFine(trace) ? 0 : 1;
}

}  // namespace

int TraceCommand(const std::vector<std::string>& words) {
  const bool asks = std::ranges::any_of(words, [](const auto& word) { return word == "--help" || word == "-h"; });
  if (asks || words.empty()) {
    PrintAll(kHelp);
    return asks ? 0 : 2;
  }
  if (words == std::vector<std::string>{"--cfg", "reference"}) {
    PrintAll(HelpAsMarkdown("trace", kHelp));
    return 0;
  }
  const CommandWords command = ParseCommandWords(words, {"--json"}, {"--runs-dir"}, "trace --help");
  if (command.words.empty()) throw Error({.file = "command line"}, "which table?", "see trace --help");
  const std::vector<std::string> which(command.words.begin() + 1, command.words.end());
  const CsvTable table = OpenTable(command.words.front(), which);
  const size_t row = FindRow(table, which);
  const fs::path folder = table.file.has_parent_path() ? table.file.parent_path() : fs::path(".");
  const ConfigLines config = OutputConfig(folder);
  const fs::path runs_dir = RunsDir(command, config, folder);
  const bool json = command.Has("--json");
  if (IsCells(table)) return Print(TraceRun(runs_dir, table, row), json);
  const CsvTable cells = OpenTable(folder / "cells.csv", {});
  return Print(TraceSummary(runs_dir, table, row, cells, SmallestGap(config)), json);
}

}  // namespace retort::lab
