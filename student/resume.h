// A training run that can be stopped at any time: its state in one file of tensors, named by a small JSON file that is
// written last, and the log cut back to the step that it goes on from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "student/trainer.h"

namespace retort {

class AdamW;

class Resume {
 public:
  // fingerprint: of all that the run depends on; a checkpoint of another run is left alone.
  Resume(std::filesystem::path folder, std::string fingerprint);
  // Restores weights, moments and the counts of `result`. Returns the steps done; 0 if there is nothing of this run.
  int64_t Load(Transformer& model, AdamW& optimizer, TrainResult& result) const;
  void Save(const Transformer& model, const AdamW& optimizer, const TrainResult& result) const;

 private:
  std::filesystem::path folder_;
  std::string fingerprint_;
};

// The lines of a log up to a step, so that a resumed log equals an uninterrupted one. Returns their losses.
std::vector<double> KeepLog(const std::filesystem::path& file, int64_t steps);

}  // namespace retort
