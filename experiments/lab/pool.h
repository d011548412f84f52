// Runs cells in worker processes. A cell that fails, or whose worker dies, is told of at the end; the rest go on with a
// fresh worker. Nothing is tried twice.
#pragma once

#include <string>
#include <vector>

#include "experiments/lab/grid.h"
#include "experiments/lab/progress.h"
#include "experiments/lab/run_store.h"

namespace retort::lab {

struct PoolOptions {
  std::vector<std::string> worker;  // command of a worker
  std::string config_dir;
  int workers = 2, threads = 1;
  bool keep_checkpoints = false;
};

struct Failure {
  std::string cell, label, reason, log;  // log: the end of worker.log
};

// Longest first. Returns early at an interrupt, with the workers killed.
std::vector<Failure> ComputeCells(std::vector<const Cell*> cells, const RunStore& store, const PoolOptions& options,
                                  Progress& progress);

}  // namespace retort::lab
