// The course of every experiment: load, ask the teacher for what is missing, compute the cells that no run has
// computed, report.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/interrupt.h"
#include "core/base/version.h"
#include "core/lm/local_model.h"
#include "core/report/report.h"
#include "experiments/lab/compute_cell.h"
#include "experiments/lab/experiment.h"
#include "experiments/lab/grid.h"
#include "experiments/lab/pool.h"
#include "experiments/lab/results.h"
#include "experiments/lab/worker.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr char kWorkerFlag[] = "--worker";
constexpr int kInterruptedCode = 130;
constexpr char kMemoriserCaveat[] =
    "A student that has seen every step of a task need not have understood it: read each curve beside the memoriser's, "
    "a reader who knows exactly the steps in the samples and nothing else.";

fs::path OutputFolder(const ExperimentConfig& config, const std::string& experiment) {
  if (!config.output_dir.empty()) return config.output_dir;
  return fs::path("outputs") / experiment / LocalDate() / LocalTime();
}

std::string Quoted(const std::string& word) {
  if (word.find_first_of(" \t\"'$`\\*?;&|<>(){}~#!") == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CommandOf(int argc, const char* const* argv) {
  std::string command;
  for (int i = 0; i < argc; ++i) command += (i > 0 ? " " : "") + Quoted(argv[i]);
  return command;
}

// The hints whose overrides this config takes: a rule of the embedded task is no option of a file of questions.
void TellHints(const Experiment& experiment, const CommandLine& command_line, const std::string& command) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Hint& hint : experiment.next) {
    CommandLine with_hint = command_line;
    with_hint.overrides.insert(with_hint.overrides.end(), hint.overrides.begin(), hint.overrides.end());
    try {
      LoadBlocks(with_hint);
      lines.emplace_back(fmt::format("{} {}", command, fmt::join(hint.overrides, " ")), hint.why);
    } catch (const Error&) {
      continue;
    }
  }
  lines.emplace_back(command + " --help", "every option");
  size_t width = 0;
  for (const auto& [line, why] : lines) width = std::max(width, line.size());
  fmt::print("\nto try next:\n");
  for (const auto& [line, why] : lines) fmt::print("  {:<{}}   {}\n", line, width, why);
}

int TellInterrupted(const std::string& name) {
  fmt::print(stderr, "{}: interrupted; what is done is kept, the same command goes on from there\n", name);
  return kInterruptedCode;
}

void Tell(const std::vector<Failure>& failures) {
  for (const Failure& failure : failures) {
    fmt::print(stderr, "\nfailed: {} (cell {}): {}\n{}", failure.label, failure.cell.substr(0, 12), failure.reason,
               failure.log);
  }
  if (!failures.empty()) {
    fmt::print(stderr, "\n{} cells failed; the tables are of the others. The same command tries them again.\n",
               failures.size());
  }
}

ReportOutput Report(const Experiment& experiment, const std::string& command, const ExperimentConfig& main,
                    const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store,
                    const fs::path& folder) {
  ReportInput input{.experiment = experiment.program.name,
                    .title = experiment.title,
                    .claim = experiment.claim,
                    .command = command,
                    .version = kVersion,
                    .created_utc = UtcTime(),
                    .primary_arm = main.arms.front(),
                    .caveats = experiment.caveats,
                    .cells = ReadResults(grid, store),
                    .smallest_gap = main.evaluation.smallest_gap};
  if (input.primary_arm == experiment.arms.front().name && !experiment.sample_noun.empty()) {
    input.sample_noun = experiment.sample_noun;
  } else {
    input.sample_noun = fmt::format("samples of the arm {}", input.primary_arm);
  }
  for (const Arm& arm : experiment.arms) {
    input.arms.push_back(arm.name);
    input.arm_notes[arm.name] = arm.description;
  }
  const bool has_memoriser =
      std::ranges::any_of(input.cells, [](const CellResult& c) { return c.memoriser.has_value(); });
  if (has_memoriser) input.caveats.emplace_back(kMemoriserCaveat);
  input.transcripts = MakeTranscripts(input.cells, blocks);
  WriteFileAtomic(folder / "config.toml", ToToml(main));
  return WriteReport(input, folder);
}

int Run(const Experiment& experiment, const CommandLine& command_line, const std::string& command) {
  CatchInterrupts();
  const double start = MonotonicSeconds();
  const std::string& name = experiment.program.name;
  std::vector<ExperimentConfig> configs = LoadBlocks(command_line);
  const ExperimentConfig main = configs.front();
  const RunStore store(main.runs_dir);
  Progress progress(isatty(STDERR_FILENO) != 0);
  SetThreads(main.workers * main.threads);  // of the teacher that is asked here, before there are workers
  const CollectProgress collecting = [&](const std::string& task, uint64_t seed, int done, int total) {
    progress.Collecting(task, seed, done, total);
  };
  const std::vector<std::unique_ptr<Block>> blocks =
      OpenBlocks(std::move(configs), experiment, command_line.config_dir, store.Collections(), collecting);
  Grid grid;
  try {
    grid = MakeGrid(blocks);
  } catch (const Error&) {
    progress.Clear();
    if (Interrupted()) return TellInterrupted(name);
    throw;
  }
  progress.Clear();

  std::vector<const Cell*> missing;
  double cost = 0;
  for (const auto& [hash, cell] : grid.cells) {
    if (store.Done(hash)) continue;
    missing.push_back(&cell);
    cost += cell.cost;
  }
  std::vector<Failure> failures;
  if (missing.empty()) {
    fmt::print("{}: nothing to compute: {} cells were already done\n", name, grid.cells.size());
  } else {
    fmt::print("{}: {} cells, {} already done; computing {} with {} workers\n", name, grid.cells.size(),
               grid.cells.size() - missing.size(), missing.size(), main.workers);
    std::fflush(stdout);
    progress.Start(static_cast<int>(missing.size()), cost);
    // By this name, so that a program that is rebuilt while it runs goes on with itself.
    const PoolOptions options{.worker = {"/proc/self/exe", kWorkerFlag},
                              .config_dir = fs::absolute(command_line.config_dir).string(),
                              .workers = main.workers,
                              .threads = main.threads,
                              .keep_checkpoints = main.keep_checkpoints};
    failures = ComputeCells(missing, store, options, progress);
    progress.Clear();
    if (Interrupted()) return TellInterrupted(name);
    fmt::print("{}: computed {} cells in {}\n", name, missing.size() - failures.size(),
               Duration(MonotonicSeconds() - start));
  }

  const fs::path folder = OutputFolder(main, name);
  const ReportOutput report = Report(experiment, command, main, blocks, grid, store, folder);
  fmt::print("\n{}\n\n{}\n{}\n", report.verdict, report.table_text, report.transcript_text);
  for (const std::string& warning : report.warnings) fmt::print("note: {}\n", warning);
  fmt::print("\ntime of the cells: {}\n", TimeByArm(grid, store));
  fmt::print("page with the plot: {}\n", fs::absolute(folder / "index.html").lexically_normal().string());
  TellHints(experiment, command_line, command);
  std::fflush(stdout);
  Tell(failures);
  return failures.empty() ? 0 : 1;
}

}  // namespace

int Main(int argc, const char* const* argv, const Experiment& experiment) {
  return RunMain(experiment.program.name, [&] {
    const CommandLine command_line = ParseCommandLine(experiment.program, argc, argv, {kWorkerFlag});
    if (std::ranges::find(command_line.own_flags, kWorkerFlag) != command_line.own_flags.end()) {
      return WorkerLoop(experiment.compute ? experiment.compute : CellFunction(ComputeCell));
    }
    ExperimentConfig defaults;
    ExitIfAnswered(experiment.program, command_line, [&](Describer& d) { Describe(d, defaults); });
    return Run(experiment, command_line, CommandOf(argc, argv));
  });
}

}  // namespace retort::lab
