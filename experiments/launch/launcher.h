// Where cells are computed: in worker processes here (worker_pool.h) or as an array job of a cluster. Both find the
// same files in the run store and leave the same.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "experiments/cells/grid.h"
#include "experiments/cells/run_store.h"
#include "experiments/cells/worker.h"
#include "experiments/design/launcher_config.h"
#include "experiments/launch/progress.h"

namespace retort::lab {

struct LaunchOptions {
  std::vector<std::string> worker;  // command of a worker
  std::string config_dir;
  int workers = 2, threads = 1;
  bool keep_checkpoints = false;
  LauncherConfig launcher;
};

struct Failure {
  std::string cell, label, reason, log;  // log: the end of worker.log
};

// Longest first; a cell that fails is tried once more. Returns early at an interrupt.
std::vector<Failure> Launch(std::vector<const Cell*> cells, const RunStore& store, const LaunchOptions& options,
                            Progress& progress);

// Throws Error for what would else be found when the teacher has been asked: a config that Slurm could misread, or no
// sbatch here (a dry run needs none).
void CheckLauncher(const LauncherConfig& launcher, bool dry_run);

// For the launchers: writes what a worker will find, and says how to call it.
WorkerSpec PrepareCell(const Cell& cell, const RunStore& store, const LaunchOptions& options);
// What became of cells, as far as it is told and decided: each is tried twice at most.
class Outcomes {
 public:
  Outcomes(const RunStore& store, Progress& progress) : store_(store), progress_(progress) {}
  // False: its result cannot be read, and it counts as failed.
  bool Done(const Cell& cell);
  // True: it is to be tried once more, when all others had their turn: a machine that was short of memory or disk may
  // have recovered.
  bool TryAgain(const Cell& cell, const std::string& reason);
  // It failed for good.
  void Failed(const Cell& cell, const std::string& reason);
  std::vector<Failure> failures() const { return failures_; }

 private:
  const RunStore& store_;
  Progress& progress_;
  std::set<std::string> tried_;  // hashes of cells that failed once
  std::vector<Failure> failures_;
};

}  // namespace retort::lab
