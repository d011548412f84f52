// Training by a command of the user's (accelerate launch trl sft ..., torchrun, anything): for students too large for
// one device, and for objectives that are not here. It gets the sample file and a folder to fill; what it leaves is
// loaded and evaluated as any student is. What its own code does cannot be known, so a run's hash covers the words of
// the command and the content of the files that `inputs` names, no more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/config/describe.h"

namespace retort {

struct ExternalTrainerConfig {
  std::vector<std::string> command;  // with {samples}, {base}, {output}, {seed}, {n} in it
  std::vector<std::string> inputs;   // files whose content changes numbers: the script, its config
  int timeout_min = 0;               // 0: none
};
void Describe(Describer& d, ExternalTrainerConfig& config);

// Throws Error for an empty command, a placeholder that does not exist or a file of `inputs` that cannot be read.
void CheckExternalTrainer(const ExternalTrainerConfig& config);

// sha256 over the files of `inputs`, in order.
std::string HashInputs(const ExternalTrainerConfig& config);

struct ExternalRun {
  std::filesystem::path samples;  // JSON lines in TRL's prompt-completion form
  std::filesystem::path base;     // Hugging Face checkpoint
  std::filesystem::path output;   // stays after a failure, for a command that can resume
  std::filesystem::path log;      // what it prints is appended here
  uint64_t seed = 0;
  int n = 0;
};
// What trainer_state.json of Hugging Face's Trainer says, where the command left one; else zeros.
struct ExternalResult {
  int steps = 0;
  double epochs = 0, flops = 0;
};
// Throws Error if the command cannot be started, fails, takes too long or leaves no checkpoint.
ExternalResult TrainExternally(const ExternalTrainerConfig& config, const ExternalRun& run);

}  // namespace retort
