// The course of every experiment: load, ask the teacher for what is missing, compute the cells that no run has
// computed, report. Beside it four ways of looking that compute nothing: --plan, --dry-run, --report, --status.
#include "experiments/lab/lab.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/interrupt.h"
#include "core/base/numerics.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"
#include "core/report/csv.h"
#include "experiments/cells/compute_cell.h"
#include "experiments/cells/grid.h"
#include "experiments/cells/worker.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/hints.h"
#include "experiments/lab/make_report.h"
#include "experiments/lab/refine.h"
#include "experiments/lab/results.h"
#include "experiments/lab/tune.h"
#include "experiments/launch/cell_task.h"
#include "experiments/launch/dry_run.h"
#include "experiments/launch/launcher.h"
#include "experiments/launch/plan.h"
#include "experiments/launch/status.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr char kWorkerFlag[] = "--worker";
constexpr char kPlanFlag[] = "--plan", kReportFlag[] = "--report", kStatusFlag[] = "--status",
               kDryRunFlag[] = "--dry-run", kTuneFlag[] = "--tune";
constexpr int kInterruptedCode = 130;
constexpr double kTablesEvery = 60;  // seconds, while cells are computed

fs::path OutputFolder(const ExperimentConfig& config, const std::string& experiment) {
  if (!config.output_dir.empty()) return config.output_dir;
  return fs::path("outputs") / experiment / LocalDate() / LocalTime();
}

CellFunction ComputeOf(const Experiment& experiment) {
  return experiment.compute ? experiment.compute : CellFunction([](const CellRun& run) { return ComputeCell(run); });
}

int TellInterrupted(const std::string& name) {
  fmt::print(stderr, "{}: interrupted; what is done is kept, the same command goes on from there\n", name);
  return kInterruptedCode;
}

void TellFailures(const std::vector<Failure>& failures) {
  for (const Failure& failure : failures) {
    fmt::print(stderr, "\nfailed: {} (cell {}): {}\n{}", failure.label, failure.cell.substr(0, 12), failure.reason,
               failure.log);
  }
  if (!failures.empty()) {
    fmt::print(stderr, "\n{} cells failed; the tables are of the others. The same command tries them again.\n",
               failures.size());
  }
}

bool AllDone(const Grid& grid, const RunStore& store) {
  return grid.unknown.empty() &&
         std::ranges::all_of(grid.cells, [&](const auto& cell) { return store.Done(cell.first); });
}

void TellReport(const ReportOutput& report, const fs::path& folder) {
  fmt::print("\n{}\n\n{}\n{}\n", report.verdict, report.table_text, report.transcript_text);
  for (const std::string& warning : report.warnings) fmt::print("note: {}\n", warning);
  fmt::print("\npage with the plot: {}\n", fs::absolute(folder / "index.html").lexically_normal().string());
}

// What of the grid no run has computed yet.
std::vector<const Cell*> Missing(const Grid& grid, const RunStore& store, double& cost) {
  std::vector<const Cell*> missing;
  for (const auto& [hash, cell] : grid.cells) {
    if (store.Done(hash)) continue;
    missing.push_back(&cell);
    cost += cell.cost;
  }
  return missing;
}

std::string Where(const LaunchOptions& options) {
  if (std::holds_alternative<SlurmLauncherConfig>(options.launcher)) return "on Slurm";
  return fmt::format("with {} workers", options.workers);
}

class Run {
 public:
  // `tune`: choose settings for the experiment, in place of the experiment.
  Run(const Experiment& experiment, const CommandLine& command_line, const std::vector<std::string>& words, bool tune)
      : experiment_(experiment),
        command_line_(command_line),
        words_(words),
        name_(experiment.program.name),
        compute_(ComputeOf(experiment)),
        configs_(LoadBlocks(command_line)),
        main_(Load<ExperimentConfig>(ExpandSweep(command_line).front().command_line)),
        tune_(tune),
        refiner_(tune ? RefineConfig{} : main_.refine),
        store_(main_.runs_dir),
        progress_(isatty(STDERR_FILENO) != 0) {
    if (main_.runs_dir.empty()) throw Error("runs_dir is empty: name the folder that finished cells are kept in");
    if (tune_) configs_ = TuneConfigs(configs_, experiment.arms);
    SetNumerics(main_.numerics);
    SetThreads(main_.workers * main_.threads);  // of the teacher that is asked here, before there are workers
    // By this name, so that a program that is rebuilt while it runs goes on with itself.
    launch_ = {.worker = {"/proc/self/exe", kWorkerFlag},
               .config_dir = fs::absolute(command_line.config_dir).string(),
               .workers = main_.workers,
               .threads = main_.threads,
               .keep_checkpoints = main_.keep_checkpoints,
               .launcher = main_.launcher};
  }

  int Status() {
    fmt::print("{}", StatusText(main_.runs_dir));
    return 0;
  }

  // What the launcher would be told.
  int DryRun() {
    CheckLauncher(main_.launcher, true);
    const Grid grid = KnownGrid();
    double cost = 0;
    const size_t missing = Missing(grid, store_, cost).size() + grid.unknown.size();
    fmt::print("{}", DryRunText(name_, missing, !grid.unknown.empty(), store_, launch_));
    return 0;
  }

  int Plan() {
    const Grid grid = KnownGrid();
    fmt::print("{}", PlanText(name_, blocks_, grid, store_, launch_, compute_));
    if (!tune_ && main_.refine.max_cells > 0) {
      fmt::print("  {:<16}up to {} cells more in all, with what their teacher answers, are not in this\n", "refine",
                 main_.refine.max_cells);
    }
    return 0;
  }

  // The tables as far as they go.
  int Report() {
    Tell(KnownGrid(), OutputFolder(main_, name_));
    return 0;
  }

  int Compute() {
    CatchInterrupts();
    CheckLauncher(main_.launcher, false);
    const fs::path folder = OutputFolder(main_, name_);
    WriteFileAtomic(folder / "config.toml", ToToml(main_));  // a folder that cannot be written to is told now
    StatusFile status(main_.runs_dir, name_, CommandWithout({}, words_));
    progress_.Also([&](const std::string& line) { status.Say(line); });
    Open(true);
    std::optional<Grid> grid;
    std::vector<Failure> failures;
    do {
      try {
        grid = MakeGrid(blocks_);
      } catch (const Error&) {
        progress_.Clear();
        if (Interrupted()) return TellInterrupted(name_);
        if (grid) Tell(*grid, folder);  // a step of refine cannot be made: the tables are those before it
        throw;
      }
      progress_.Clear();
      failures = ComputeMissing(*grid, folder);
      if (Interrupted()) return TellInterrupted(name_);
    } while (failures.empty() && Grow(*grid));
    if (tune_) TellFailures(failures);
    Tell(*grid, folder);
    fmt::print("time of the cells: {}\n", TimeByArm(*grid, store_));
    if (!tune_) TellHints(experiment_, command_line_, words_);
    std::fflush(stdout);
    if (!tune_) TellFailures(failures);
    return failures.empty() ? 0 : 1;
  }

 private:
  void Open(bool ask) {
    blocks_ = OpenBlocks(std::move(configs_), experiment_,
                         {.config_dir = command_line_.config_dir,
                          .collections = store_.Collections(),
                          .warm_starts = store_.WarmStarts(),
                          .ask = ask,
                          .progress = [this](const std::string& task, uint64_t seed, int done, int total) {
                            progress_.Collecting(task, seed, done, total);
                          }});
    refiner_.Check(blocks_);
  }

  // What is known without asking a teacher or computing.
  Grid KnownGrid() {
    Open(false);
    Grid grid = MakeGrid(blocks_);
    while (AllDone(grid, store_) && refiner_.Grow(blocks_, grid, store_)) {
      try {
        grid = MakeGrid(blocks_);
      } catch (const Error& error) {
        fmt::print(stderr, "{}: refine: {}\n", name_, error.what());
        break;
      }
    }
    return grid;
  }

  bool Grow(const Grid& grid) {
    if (!refiner_.Grow(blocks_, grid, store_)) return false;
    fmt::print("{}: refined: {}\n", name_, refiner_.last_step());
    return true;
  }

  std::vector<Failure> ComputeMissing(const Grid& grid, const fs::path& folder) {
    const double start = MonotonicSeconds();
    double cost = 0;
    const std::vector<const Cell*> missing = Missing(grid, store_, cost);
    if (missing.empty()) {
      fmt::print("{}: nothing to compute: {} cells were already done\n", name_, grid.cells.size());
      return {};
    }
    fmt::print("{}: {} cells, {} already done; computing {} {}\n", name_, grid.cells.size(),
               grid.cells.size() - missing.size(), missing.size(), Where(launch_));
    std::fflush(stdout);
    progress_.Start(static_cast<int>(missing.size()), cost);
    if (!tune_) progress_.NowAndThen(kTablesEvery, [&] { Tables(grid, folder); });
    std::vector<Failure> failures = Launch(missing, store_, launch_, progress_);
    progress_.Clear();
    if (!Interrupted()) {
      fmt::print("{}: computed {} cells in {}\n", name_, missing.size() - failures.size(),
                 Duration(MonotonicSeconds() - start));
    }
    return failures;
  }

  ReportOutput Tables(const Grid& grid, const fs::path& folder) {
    return WriteTables(experiment_, CommandWithout({}, words_), blocks_, grid, store_, refiner_.Account(), folder);
  }

  void Tell(const Grid& grid, const fs::path& folder) {
    if (!tune_) return TellReport(Tables(grid, folder), folder);
    const Tuned tuned = ChooseSettings(blocks_, grid, store_, CommandWithout({}, words_));
    WriteFileAtomic(folder / "tuned.toml", tuned.toml);
    WriteFileAtomic(folder / "cells.csv", CellsCsv({.cells = ReadResults(grid, store_)}));
    fmt::print("\n{}\n", tuned.text);
    for (const std::string& warning : tuned.warnings) fmt::print("note: {}\n", warning);
    fmt::print("settings: {}\n", fs::absolute(folder / "tuned.toml").lexically_normal().string());
  }

  const Experiment& experiment_;
  const CommandLine& command_line_;
  const std::vector<std::string>& words_;
  const std::string& name_;
  CellFunction compute_;
  std::vector<ExperimentConfig> configs_;
  ExperimentConfig main_;  // of a sweep the first; before its arms part
  bool tune_;
  Refiner refiner_;
  RunStore store_;
  Progress progress_;
  LaunchOptions launch_;
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace

int Main(int argc, const char* const* argv, const Experiment& experiment) {
  return RunMain(experiment.program.name, [&] {
    Program program = experiment.program;
    program.sweeps = true;
    program.flags = {
        {kTuneFlag, "choose the settings of tune.over for each arm, on seeds and prompts that no table shows"},
        {kPlanFlag, "what would be computed and asked, how long it takes and what it costs; computes nothing"},
        {kReportFlag, "the tables of what is done so far; computes nothing"},
        {kStatusFlag, "what runs on this runs_dir"},
        {kDryRunFlag, "what the launcher would be told; for launcher.kind=slurm, the text for sbatch"}};
    const CommandLine command_line = ParseCommandLine(
        program, argc, argv,
        {kWorkerFlag, kCellsFlag, kIndexFlag, kTuneFlag, kPlanFlag, kReportFlag, kStatusFlag, kDryRunFlag});
    const std::vector<std::string>& flags = command_line.own_flags;
    const auto given = [&](const char* flag) { return std::ranges::find(flags, flag) != flags.end(); };
    if (given(kWorkerFlag)) {
      const CellFunction compute = ComputeOf(experiment);
      return flags.size() > 1 ? CellTask(flags, compute) : WorkerLoop(compute);
    }
    ExperimentConfig defaults;
    ExitIfAnswered(program, command_line, [&](Describer& d) { Describe(d, defaults); });
    const std::vector<std::string> words(argv, argv + argc);
    Run run(experiment, command_line, words, given(kTuneFlag));
    if (given(kStatusFlag)) return run.Status();
    if (given(kPlanFlag)) return run.Plan();
    if (given(kReportFlag)) return run.Report();
    if (given(kDryRunFlag)) return run.DryRun();
    return run.Compute();
  });
}

}  // namespace retort::lab
