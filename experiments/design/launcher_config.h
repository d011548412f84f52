// The options of the launchers, under the names of Hydra's submitit launcher where it has them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/describe.h"

namespace retort::lab {

// `workers` processes on this machine.
struct LocalLauncherConfig {
  int mem_mb = 0;   // of a worker; 0: what the machine has
  bool pin = true;  // where the workers take all cores of this process
};
void Describe(Describer& d, LocalLauncherConfig& config);

// One array job, a task a cell.
struct SlurmLauncherConfig {
  std::string partition, account, qos, constraint;
  int timeout_min = 60;
  double mem_gb = 4;
  int gpus_per_node = 0;
  int array_parallelism = 64;
  int max_array_size = 0;  // 0: as the cluster allows
  double checkpoint_minutes = 5;
  std::vector<std::string> setup;                  // shell lines before the worker starts
  std::vector<std::string> additional_parameters;  // "name=value" of further #SBATCH lines
  double poll_seconds = 5;
};
void Describe(Describer& d, SlurmLauncherConfig& config);

using LauncherConfig = std::variant<LocalLauncherConfig, SlurmLauncherConfig>;
inline constexpr std::array<std::string_view, 2> kLauncherKinds = {"local", "slurm"};

}  // namespace retort::lab
