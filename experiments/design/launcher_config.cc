#include "experiments/design/launcher_config.h"

namespace retort::lab {

void Describe(Describer& d, LocalLauncherConfig& config) {
  d.Field("mem_mb", config.mem_mb,
          {.help = "a worker that takes more is stopped, and its cell fails; 0: no limit of its own. Where the machine "
                   "itself runs short, one worker less goes on",
           .unit = "MB",
           .min = 0,
           .numerics = false});
  d.Field("pin", config.pin,
          {.help = "each worker stays on its own cores, where the workers take all that this process may use",
           .numerics = false});
}

void Describe(Describer& d, SlurmLauncherConfig& config) {
  const auto text = [&](std::string_view name, std::string& value, std::string_view help) {
    d.Field(name, value, {.help = help, .numerics = false});
  };
  text("partition", config.partition, "empty: the cluster's default");
  text("account", config.account, "that is charged; empty: the user's own");
  text("qos", config.qos, "quality of service; empty: the default");
  text("constraint", config.constraint, "features that a node must have");
  d.Field("timeout_min", config.timeout_min,
          {.help = "a cell's time; one that is stopped there goes on from its checkpoint when it is tried again",
           .unit = "minutes",
           .min = 1,
           .max = 1e6,
           .numerics = false});
  d.Field("mem_gb", config.mem_gb,
          {.help = "memory of a cell", .unit = "GB", .min = 0.1, .max = 1e5, .numerics = false});
  d.Field("gpus_per_node", config.gpus_per_node,
          {.help = "of a cell; with student.trainer.device=cuda", .min = 0, .max = 64, .numerics = false});
  d.Field("array_parallelism", config.array_parallelism,
          {.help = "cells that run at the same time", .unit = "tasks", .min = 1, .max = 1e5, .numerics = false});
  d.Field("max_array_size", config.max_array_size,
          {.help = "cells of one array job; the rest follow in further ones, one after the other; 0: as the cluster "
                   "allows (MaxArraySize)",
           .unit = "tasks",
           .min = 0,
           .max = 1e7,
           .numerics = false});
  d.Field("checkpoint_minutes", config.checkpoint_minutes,
          {.help = "what a pre-empted cell loses at most: it is saved so often; 0: as student.trainer.save_steps says",
           .unit = "minutes",
           .min = 0,
           .max = 1e6,
           .numerics = false});
  d.Field("setup", config.setup,
          {.help = "shell lines before the worker starts, such as \"module load cuda\"", .numerics = false});
  d.Field("additional_parameters", config.additional_parameters,
          {.help = "further #SBATCH lines, as name=value: \"nice=100\"", .numerics = false});
  d.Field("poll_seconds", config.poll_seconds,
          {.help = "between two looks at squeue", .unit = "seconds", .min = 0.1, .max = 3600, .numerics = false});
}

}  // namespace retort::lab
