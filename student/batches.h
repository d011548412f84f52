// Which examples make up which optimizer step: a pure function of (lengths, sizes, seed, step), so that a resumed run
// needs no state but its step.
#pragma once

#include <cstdint>
#include <vector>

namespace retort {

struct BatchPlan {
  // lengths: tokens of each example. batch_size: examples of one optimizer step; the last batch of an epoch is not
  // short, the batches of an epoch are balanced. Fewer examples than batch_size make one batch an epoch.
  BatchPlan(std::vector<int> lengths, int batch_size, uint64_t seed);

  int batches_per_epoch() const { return batches_; }
  // Example numbers of step `step` (0-based), by length. Each epoch visits each example once. Examples of like length
  // go together (sorted within windows of eight batches), and the order of the batches is shuffled.
  const std::vector<int>& Batch(int64_t step);

 private:
  void MakeEpoch(int64_t epoch);
  std::vector<int> lengths_;
  int batches_ = 0;
  uint64_t seed_ = 0;
  int64_t epoch_ = -1;
  std::vector<std::vector<int>> order_;
};

}  // namespace retort
