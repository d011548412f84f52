// What every student learns before the arms part: so many of the teacher's answers. A warm start is a checkpoint under
// runs_dir/warm_starts/<hash>/, trained when first wanted, in the main process; its rows and their manifest stand
// beside it, so that a number which builds on it can be walked back through it. It is there when its identity.txt is,
// which is written last: what an interrupted or killed run has left is trained on from its last checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "core/data/sample_set.h"
#include "experiments/design/config.h"

namespace retort::lab {

struct WarmStartJob {
  std::filesystem::path base;  // checkpoint
  const InitConfig& init;
  std::string reasoning;
  TrainerConfig trainer;
  const SampleSet& rows;  // not empty
  uint64_t seed = 0;
  std::filesystem::path folder;                // of all warm starts
  std::function<void(double share)> progress;  // may be empty
};

// How warm starts are trained: as student.trainer says, but for what warm_start sets itself. Throws Error for an
// external trainer, or adapters.
TrainerConfig WarmStartTrainer(const StudentConfig& student, const WarmStartConfig& config);

// The folder of the checkpoint, named by all that fixes its weights; nullopt where it is not there and must not be
// made. Throws Error soon after an interrupt (core/base/interrupt.h).
std::optional<std::filesystem::path> WarmStart(const WarmStartJob& job, bool make);

}  // namespace retort::lab
