#include "experiments/launch/launcher.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <variant>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/subprocess.h"
#include "core/lm/device.h"
#include "experiments/launch/log_tail.h"
#include "experiments/launch/slurm.h"
#include "experiments/launch/slurm_script.h"
#include "experiments/launch/worker_pool.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTailLines = 10;

std::string LogTail(const fs::path& file) {
  std::string text;
  for (const std::string& line : LastLines(file, kTailLines)) text += "    " + line + "\n";
  return text;
}

}  // namespace

WorkerSpec PrepareCell(const Cell& cell, const RunStore& store, const LaunchOptions& options) {
  const fs::path folder = fs::absolute(store.Folder(cell.hash));
  // Another process may be at work in the folder: then these files are there already, with the same bytes.
  const fs::path samples = folder / "samples.jsonl";
  if (cell.samples && !(fs::exists(samples) && Sha256File(samples) == cell.samples_sha256)) {
    store.WriteSamples(cell.hash, cell.samples());
  }
  fs::create_directories(folder);
  return {.hash = cell.hash,
          .folder = folder.string(),
          .config_dir = options.config_dir,
          .samples_sha256 = cell.samples_sha256,
          .config = ToToml(cell.config),
          .threads = options.threads,
          .keep_checkpoint = options.keep_checkpoints,
          .shows_steps = cell.shows_steps};
}

bool Outcomes::Done(const Cell& cell) {
  try {
    progress_.Finished(cell.hash, cell.cost, cell.label, store_.Read(cell.hash).means.score);
    return true;
  } catch (const Error& error) {  // a result that cannot be read stays what it is
    Failed(cell, error.what());
    return false;
  }
}

bool Outcomes::TryAgain(const Cell& cell, const std::string& reason) {
  if (!tried_.insert(cell.hash).second) {
    Failed(cell, reason);
    return false;
  }
  progress_.Again(cell.hash, fmt::format("{} seed {}", cell.label, cell.config.seed), reason);
  return true;
}

void Outcomes::Failed(const Cell& cell, const std::string& reason) {
  progress_.Failed(cell.hash, cell.cost);
  failures_.push_back({.cell = cell.hash,
                       .label = fmt::format("{} seed {}", cell.label, cell.config.seed),
                       .reason = reason,
                       .log = LogTail(store_.Folder(cell.hash) / "worker.log")});
}

void CheckLauncher(const LauncherConfig& launcher, bool dry_run) {
  const auto* slurm = std::get_if<SlurmLauncherConfig>(&launcher);
  if (slurm == nullptr) return;
  CheckSlurmConfig(*slurm);
  if (dry_run) return;
  try {
    RunCommand({"sbatch", "--version"});
  } catch (const Error& error) {
    throw Error({}, fmt::format("launcher.kind=slurm: {}", error.what()),
                "start the program on a machine from which jobs are submitted");
  }
}

std::vector<Failure> Launch(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options,
                            Progress& progress) {
  if (std::holds_alternative<SlurmLauncherConfig>(options.launcher)) {
    return ComputeOnSlurm(std::move(cells), store, options, progress);
  }
  // Told once, and not cell by cell; what is done already can be shown on a machine without it.
  for (const Cell* cell : cells) {
    const auto* trainer = std::get_if<TrainerConfig>(&cell->config.student.trainer);
    if (trainer != nullptr && cell->config.n > 0 && !cell->config.in_context) RequireDevice(trainer->device);
  }
  return ComputeLocally(std::move(cells), store, options, progress);
}

}  // namespace retort::lab
