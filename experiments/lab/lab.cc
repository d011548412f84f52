// The course of every experiment: load, ask the teacher for what is missing, compute the cells that no run has
// computed, report.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <tuple>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/interrupt.h"
#include "core/base/numerics.h"
#include "core/base/version.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"
#include "core/report/report.h"
#include "experiments/lab/cell_task.h"
#include "experiments/lab/compute_cell.h"
#include "experiments/lab/dry_run.h"
#include "experiments/lab/experiment.h"
#include "experiments/lab/grid.h"
#include "experiments/lab/launcher.h"
#include "experiments/lab/results.h"
#include "experiments/lab/worker.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr char kWorkerFlag[] = "--worker";
constexpr char kDryRunFlag[] = "--dry-run";
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

// The command without the words that set one of `keys`.
std::string Without(const std::vector<std::string>& keys, const std::vector<std::string>& words) {
  std::string command;
  for (const std::string& word : words) {
    const bool is_option = command.empty() || word.starts_with("--") || word.find('=') == std::string::npos;
    if (!is_option && std::ranges::find(keys, OverriddenKeys({word}).front()) != keys.end()) continue;
    command += (command.empty() ? "" : " ") + Quoted(word);
  }
  return command;
}

// The hints whose overrides this config takes: a rule of the embedded task is no option of a file of questions.
void TellHints(const Experiment& experiment, const CommandLine& command_line, const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Hint& hint : experiment.next) {
    const auto is_set = [&](const std::string& word) {
      return std::ranges::find(command_line.overrides, word) != command_line.overrides.end();
    };
    if (std::ranges::all_of(hint.overrides, is_set)) continue;
    CommandLine with_hint = command_line;
    with_hint.overrides.insert(with_hint.overrides.end(), hint.overrides.begin(), hint.overrides.end());
    try {
      LoadBlocks(with_hint);
      std::vector<std::string> replaced = OverriddenKeys(hint.overrides);
      replaced.emplace_back("output_dir");  // these tables stay
      lines.emplace_back(fmt::format("{} {}", Without(replaced, words), fmt::join(hint.overrides, " ")), hint.why);
    } catch (const Error&) {
      continue;
    }
  }
  lines.emplace_back(words.front() + " --help", "every option");
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

// Who taught, who learnt, and what was asked, for a reader who has the table alone.
std::vector<std::string> Setting(const std::vector<std::unique_ptr<Block>>& blocks, std::vector<std::string>& caveats) {
  std::vector<std::string> lines;
  for (const auto& block : blocks) {
    const Card& teacher = block->teacher->card();
    std::vector<std::string> bases;
    for (const fs::path& base : block->bases) bases.push_back(base.filename().string());
    const int asked = block->config.evaluation.held_out;
    const size_t items = block->task->Items(Split::kHeldOut, asked, 0).size();
    std::string line = fmt::format(
        "{}: teacher {} ({}, licence {}, training on its answers: {}, identity {}); student bases {}; "
        "{} held-out items a cell.",
        block->task_name, teacher.name, teacher.kind, teacher.licence, teacher.training_allowed,
        teacher.identity.substr(0, 16), fmt::join(bases, ", "), items);
    if (std::ranges::find(lines, line) != lines.end()) continue;  // a block that adds an arm
    lines.push_back(std::move(line));
    if (static_cast<int>(items) < asked) {
      caveats.push_back(fmt::format("{} has {} held-out items, fewer than the {} that were asked for.",
                                    block->task_name, items, asked));
    }
  }
  lines.emplace_back(
      "Every number was measured by this program in these runs; none is taken from elsewhere or assumed.");
  return lines;
}

// What N counts, where the first arm takes the teacher's answers as they come.
std::string SampleNoun(const Experiment& experiment, const ExperimentConfig& main) {
  if (main.arms.front() != experiment.arms.front().name || experiment.sample_noun.empty()) {
    return fmt::format("samples of the arm {}", main.arms.front());
  }
  if (std::holds_alternative<OracleTeacherConfig>(main.teacher)) return "reference solutions (teacher.kind=oracle)";
  if (main.collect.answer_only) return "bare answers of the teacher";
  return experiment.sample_noun;
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
  input.sample_noun = SampleNoun(experiment, main);
  input.setting = Setting(blocks, input.caveats);
  for (const Arm& arm : experiment.arms) {
    input.arms.push_back(arm.name);
    if (std::ranges::find(input.cells, arm.name, &CellResult::arm) != input.cells.end()) {
      input.arm_notes[arm.name] = arm.description;
    }
  }
  const bool has_memoriser =
      std::ranges::any_of(input.cells, [](const CellResult& c) { return c.memoriser.has_value(); });
  if (has_memoriser) input.caveats.emplace_back(kMemoriserCaveat);
  input.transcripts = MakeTranscripts(input.cells, blocks);
  return WriteReport(input, folder);
}

std::string Where(const LaunchOptions& options) {
  if (std::holds_alternative<SlurmLauncherConfig>(options.launcher)) return "on Slurm";
  return fmt::format("with {} workers", options.workers);
}

// Where the teacher was not asked yet, rows stand for cells.
size_t Rows(const std::vector<std::unique_ptr<Block>>& blocks) {
  std::set<std::tuple<std::string, std::string, int, int>> rows;
  for (const auto& block : blocks) {
    for (int seed = 0; seed < block->config.seeds; ++seed) {
      rows.insert({block->task_name, std::string(kBaseArm), 0, seed});
      rows.insert({block->task_name, std::string(kTeacherModelArm), 0, seed});
      for (const std::string& arm : block->config.arms) {
        for (const int n : block->config.n) rows.insert({block->task_name, arm, n, seed});
      }
    }
  }
  return rows.size();
}

int Run(const Experiment& experiment, const CommandLine& command_line, const std::vector<std::string>& words,
        bool dry_run) {
  CatchInterrupts();
  const double start = MonotonicSeconds();
  const std::string& name = experiment.program.name;
  std::vector<ExperimentConfig> configs = LoadBlocks(command_line);
  const ExperimentConfig main = configs.front();
  if (main.runs_dir.empty()) throw Error("runs_dir is empty: name the folder that finished cells are kept in");
  CheckLauncher(main.launcher, dry_run);
  const fs::path folder = OutputFolder(main, name);
  if (!dry_run)
    WriteFileAtomic(folder / "config.toml", ToToml(main));  // a folder that cannot be written to is told now
  const RunStore store(main.runs_dir);
  Progress progress(isatty(STDERR_FILENO) != 0);
  SetNumerics(main.numerics);
  SetThreads(main.workers * main.threads);  // of the teacher that is asked here, before there are workers
  const CollectProgress collecting = [&](const std::string& task, uint64_t seed, int done, int total) {
    progress.Collecting(task, seed, done, total);
  };
  const std::vector<std::unique_ptr<Block>> blocks =
      OpenBlocks(std::move(configs), experiment, command_line.config_dir, store.Collections(), collecting, !dry_run);
  // By this name, so that a program that is rebuilt while it runs goes on with itself.
  const LaunchOptions options{.worker = {"/proc/self/exe", kWorkerFlag},
                              .config_dir = fs::absolute(command_line.config_dir).string(),
                              .workers = main.workers,
                              .threads = main.threads,
                              .keep_checkpoints = main.keep_checkpoints,
                              .launcher = main.launcher};
  Grid grid;
  try {
    grid = MakeGrid(blocks);
  } catch (const Error&) {
    progress.Clear();
    if (Interrupted()) return TellInterrupted(name);
    if (dry_run) {
      fmt::print("{}", DryRunText(name, Rows(blocks), true, store, options));
      return 0;
    }
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
  if (dry_run) {
    fmt::print("{}", DryRunText(name, missing.size(), false, store, options));
    return 0;
  }
  std::vector<Failure> failures;
  if (missing.empty()) {
    fmt::print("{}: nothing to compute: {} cells were already done\n", name, grid.cells.size());
  } else {
    fmt::print("{}: {} cells, {} already done; computing {} {}\n", name, grid.cells.size(),
               grid.cells.size() - missing.size(), missing.size(), Where(options));
    std::fflush(stdout);
    progress.Start(static_cast<int>(missing.size()), cost);
    failures = Launch(missing, store, options, progress);
    progress.Clear();
    if (Interrupted()) return TellInterrupted(name);
    fmt::print("{}: computed {} cells in {}\n", name, missing.size() - failures.size(),
               Duration(MonotonicSeconds() - start));
  }

  const ReportOutput report = Report(experiment, Without({}, words), main, blocks, grid, store, folder);
  fmt::print("\n{}\n\n{}\n{}\n", report.verdict, report.table_text, report.transcript_text);
  for (const std::string& warning : report.warnings) fmt::print("note: {}\n", warning);
  fmt::print("\ntime of the cells: {}\n", TimeByArm(grid, store));
  fmt::print("page with the plot: {}\n", fs::absolute(folder / "index.html").lexically_normal().string());
  TellHints(experiment, command_line, words);
  std::fflush(stdout);
  Tell(failures);
  return failures.empty() ? 0 : 1;
}

}  // namespace

int Main(int argc, const char* const* argv, const Experiment& experiment) {
  return RunMain(experiment.program.name, [&] {
    Program program = experiment.program;
    program.flags = {
        {kDryRunFlag, "say what would be computed, and where; for launcher.kind=slurm, the text for sbatch"}};
    const CommandLine command_line =
        ParseCommandLine(program, argc, argv, {kWorkerFlag, kCellsFlag, kIndexFlag, kDryRunFlag});
    const std::vector<std::string>& flags = command_line.own_flags;
    const auto has = [&](const char* flag) { return std::ranges::find(flags, flag) != flags.end(); };
    if (has(kWorkerFlag)) {
      const CellFunction compute = experiment.compute ? experiment.compute : CellFunction(ComputeCell);
      return flags.size() > 1 ? CellTask(flags, compute) : WorkerLoop(compute);
    }
    ExperimentConfig defaults;
    ExitIfAnswered(program, command_line, [&](Describer& d) { Describe(d, defaults); });
    return Run(experiment, command_line, {argv, argv + argc}, has(kDryRunFlag));
  });
}

}  // namespace retort::lab
