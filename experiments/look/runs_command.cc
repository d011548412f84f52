// Each command makes its whole text before it prints, so that a list is written at once and a broken pipe ends it.
#include "experiments/look/runs_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/number.h"
#include "core/report/escape.h"
#include "core/report/format.h"
#include "experiments/launch/progress.h"
#include "experiments/look/command_words.h"
#include "experiments/look/run_diff.h"
#include "experiments/look/run_filter.h"
#include "experiments/look/run_list.h"
#include "experiments/look/run_remove.h"
#include "experiments/look/run_show.h"
#include "experiments/look/runs_help.h"
#include "experiments/look/terminal_text.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const Where kCommandLine{.file = "command line"};

fs::path RunsDir(const CommandWords& command) { return command.Value("--runs-dir").value_or("runs"); }

std::vector<RunEntry> Select(std::vector<RunEntry> runs, const RunFilter& filter) {
  std::erase_if(runs, [&](const RunEntry& run) { return !filter.Matches(run); });
  return runs;
}

std::string Csv(const std::vector<RunEntry>& runs) {
  Words names;
  for (const RunColumn& column : RunColumns()) names.push_back(column.name);
  std::string csv = fmt::format("{}\n", fmt::join(names, ","));
  for (const RunEntry& run : runs) {
    Words cells;
    for (const RunColumn& column : RunColumns()) cells.push_back(CsvText(column.value(run)));
    csv += fmt::format("{}\n", fmt::join(cells, ","));
  }
  return csv;
}

std::string JsonLines(const std::vector<RunEntry>& runs) {
  constexpr std::string_view kNumbers[] = {"n", "seed", "score", "seconds", "bytes"};
  std::string lines;
  for (const RunEntry& run : runs) {
    nlohmann::json json = nlohmann::json::object();
    for (const RunColumn& column : RunColumns()) {
      const std::string text = column.value(run);
      if (std::ranges::find(kNumbers, column.name) == std::end(kNumbers)) {
        json[column.name] = text;
      } else if (!text.empty()) {
        json[column.name] = ParseJson(text, {.file = column.name});
      }
    }
    lines += DumpJson(json) + "\n";
  }
  return lines;
}

std::string Table(const std::vector<RunEntry>& runs) {
  std::vector<Words> rows = {{"run", "task", "target", "arm", "N", "seed", "score", "time", "finished", "size", ""}};
  for (const RunEntry& run : runs) {
    const bool done = run.state == RunState::kDone, known = !run.result.arm.empty();
    rows.push_back({ShortHash(run.hash), run.result.task, run.result.target, run.result.arm,
                    known ? std::to_string(run.result.n) : "", known ? std::to_string(run.result.seed) : "",
                    done ? Fixed(run.result.means.score, ScoreDecimals(run.result.metric) + 1) : "",
                    run.seconds ? Duration(*run.seconds) : "", DateAndTime(run.finished_utc), Bytes(run.bytes),
                    done ? "" : std::string(Name(run.state)) + (run.problem.empty() ? "" : ": " + run.problem)});
  }
  return Aligned(rows, {4, 5, 6, 7, 9});
}

// "124 runs, 23 MB: 120 done, 3 unfinished, 1 broken"
std::string Total(const std::vector<RunEntry>& runs) {
  uintmax_t bytes = 0;
  Words states;
  for (const RunEntry& run : runs) bytes += run.bytes;
  for (const RunState state : {RunState::kDone, RunState::kRunning, RunState::kUnfinished, RunState::kBroken}) {
    const auto count = std::ranges::count(runs, state, &RunEntry::state);
    if (count > 0) states.push_back(fmt::format("{} {}", count, Name(state)));
  }
  return fmt::format("{}, {}{}{}", Plural(runs.size(), "run"), Bytes(bytes), states.empty() ? "" : ": ",
                     fmt::join(states, ", "));
}

int Ls(const Words& words) {
  const CommandWords command =
      ParseCommandWords(words, {"--csv", "--json"}, {"--runs-dir", "--sort"}, "runs ls --help");
  if (command.Has("--csv") && command.Has("--json")) throw Error(kCommandLine, "--csv and --json: give one of them");
  const RunFilter filter(command.words);
  std::vector<RunEntry> runs = Select(ListRuns(RunsDir(command)), filter);
  SortRuns(command.Value("--sort").value_or(""), runs);
  if (command.Has("--csv")) {
    PrintAll(Csv(runs));
  } else if (command.Has("--json")) {
    PrintAll(JsonLines(runs));
  } else {
    PrintAll((runs.empty() ? "" : Table(runs)) + Total(runs) + "\n");
  }
  return 0;
}

RunEntry Find(const CommandWords& command, const std::string& prefix) {
  const fs::path root = RunsDir(command);
  return ReadRun(root / FindRun(root, prefix));
}

int Show(const Words& words) {
  const CommandWords command = ParseCommandWords(words, {}, {"--runs-dir"}, "runs show --help");
  if (command.words.empty()) throw Error(kCommandLine, "which run?", "write runs show HASH; `runs ls` lists them");
  std::string text;
  for (const std::string& prefix : command.words) {
    text += (text.empty() ? "" : "\n") + ShowRun(Find(command, prefix));
  }
  PrintAll(text);
  return 0;
}

int Diff(const Words& words) {
  const CommandWords command = ParseCommandWords(words, {}, {"--runs-dir"}, "runs diff --help");
  if (command.words.size() != 2) throw Error(kCommandLine, "which two runs?", "write runs diff HASH HASH");
  PrintAll(DiffRuns(Find(command, command.words[0]), Find(command, command.words[1])));
  return 0;
}

std::optional<double> OlderThan(const CommandWords& command) {
  const std::optional<std::string> text = command.Value("--older-than");
  if (!text) return std::nullopt;
  const std::optional<double> days = ParseNumber<double>(*text);
  if (!days || !(*days >= 0)) {
    throw Error(kCommandLine, fmt::format("--older-than={} is no number of days", Excerpt(*text)));
  }
  return days;
}

// What `rm` is asked to take away.
std::vector<RunEntry> Doomed(const CommandWords& command) {
  const fs::path root = RunsDir(command);
  const std::optional<double> days = OlderThan(command);
  Words filters, hashes;
  for (const std::string& word : command.words) {
    (word.find('=') == std::string::npos ? hashes : filters).push_back(word);
  }
  if (hashes.empty() && filters.empty() && !days) {
    throw Error(kCommandLine, "which runs?", "write hashes, filter words such as arm=unrelated, or --older-than=DAYS");
  }
  if (!hashes.empty() && !filters.empty()) throw Error(kCommandLine, "give hashes or filter words, not both");
  std::vector<RunEntry> runs;
  if (hashes.empty()) {
    runs = Select(ListRuns(root), RunFilter(filters));
  } else {
    Words whole;
    for (const std::string& prefix : hashes) whole.push_back(FindRun(root, prefix));
    std::ranges::sort(whole);
    whole.erase(std::unique(whole.begin(), whole.end()), whole.end());
    for (const std::string& hash : whole) runs.push_back(ReadRun(root / hash));
  }
  if (days) std::erase_if(runs, [&](const RunEntry& run) { return AgeInDays(run) <= *days; });
  SortRuns("", runs);
  return runs;
}

int Rm(const Words& words, const Confirm& confirm) {
  const CommandWords command = ParseCommandWords(words, {"--yes"}, {"--runs-dir", "--older-than"}, "runs rm --help");
  const std::vector<RunEntry> runs = Doomed(command);
  if (runs.empty()) {
    PrintAll("no run is meant by that; nothing is removed\n");
    return 0;
  }
  PrintAll(Table(runs) + Total(runs) + "\n");
  if (!command.Has("--yes")) {
    if (!confirm) throw Error(kCommandLine, "nothing is removed: there is no terminal to ask on", "add --yes");
    if (!confirm(fmt::format("remove {}? [y/N] ", runs.size() == 1 ? "this run" : "these runs"))) {
      PrintAll("nothing is removed\n");
      return 0;
    }
  }
  size_t removed = 0;
  uintmax_t bytes = 0;
  for (const RunEntry& run : runs) {
    try {
      RemoveRun(run);
      ++removed;
      bytes += run.bytes;
    } catch (const Error& error) {
      fmt::print(stderr, "runs: not removed: {}\n", error.what());
    }
  }
  PrintAll(fmt::format("removed {}, {}\n", Plural(removed, "run"), Bytes(bytes)));
  return removed == runs.size() ? 0 : 1;
}

}  // namespace

int RunsCommand(const Words& words, const Confirm& confirm) {
  const auto is_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  const std::string name = words.empty() ? "" : words.front();
  const bool asks = std::ranges::any_of(words, is_help);
  const std::optional<std::string> help = RunsHelpOf(name);
  if (words.empty() || is_help(name)) {
    PrintAll(RunsHelp());
    return words.empty() ? 2 : 0;
  }
  if (words == Words{"--cfg", "reference"}) {
    PrintAll(HelpAsMarkdown("runs", RunsHelp()));
    return 0;
  }
  if (!help)
    throw Error(kCommandLine, fmt::format("there is no command {}", Excerpt(name)), "there are ls, show, diff, rm");
  if (asks) {
    PrintAll(*help);
    return 0;
  }
  const Words rest(words.begin() + 1, words.end());
  if (name == "ls") return Ls(rest);
  if (name == "show") return Show(rest);
  if (name == "diff") return Diff(rest);
  return Rm(rest, confirm);
}

}  // namespace retort::lab
