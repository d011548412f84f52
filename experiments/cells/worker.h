// One cell in a process of its own, and the loop of such a process: a spec line on stdin, reply lines on stdout, stderr
// in the cell's worker.log. A worker lives over many cells and dies with the main process.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "experiments/design/experiment.h"

namespace retort::lab {

struct WorkerSpec {
  std::string hash;
  std::string folder, config_dir;
  std::string samples_sha256;
  std::string config;  // of the cell, TOML
  int threads = 1;
  bool keep_checkpoint = false, shows_steps = true;
  double checkpoint_seconds = 0;  // as CellRun's
};
std::string ToJsonLine(const WorkerSpec& spec);
WorkerSpec ParseWorkerSpec(std::string_view line);

struct WorkerReply {
  std::string status;  // "done", "failed", "busy" (another process computes the cell), "progress"
  std::string reason;  // of a failure
  double share = 0;    // of progress
};
std::string ToJsonLine(const WorkerReply& reply);
WorkerReply ParseWorkerReply(std::string_view line);

// Computes one cell unless it is done or another process holds its lock.
WorkerReply ComputeOne(const WorkerSpec& spec, const CellFunction& compute,
                       const std::function<void(double)>& progress);

// From now on stdout and stderr go to the end of `log`, what a library prints too; where it cannot be written they stay
// where they are.
void PrintTo(const std::filesystem::path& log);

// Until stdin ends. Returns the exit code.
int WorkerLoop(const CellFunction& compute);

}  // namespace retort::lab
