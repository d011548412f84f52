// The text that sbatch gets. Every value goes through the quoting of whoever reads it, sbatch or the shell, so that no
// option of a config can add a line, an option or a command; `setup` alone is shell by its nature.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/design/launcher_config.h"

namespace retort::lab {

struct ArrayJob {
  std::string name;                 // unique: a job is found again by it
  std::filesystem::path folder;     // absolute; has cells.jsonl, and gets task-<index>.log
  std::filesystem::path directory;  // that the tasks run in: relative paths of a config start there
  size_t tasks = 0;
  std::vector<std::string> command;  // of a worker, without cells and index
  int threads = 1;
};

// Throws Error for what Slurm or the shell could misread, and for what the launcher itself decides.
void CheckSlurmConfig(const SlurmLauncherConfig& config);

std::string SbatchText(const ArrayJob& job, const SlurmLauncherConfig& config);

}  // namespace retort::lab
