// refine: after the grid of the config, sizes that bracket N50 and N90 and further seeds, by a rule that is stated
// beforehand and sees nothing but finished cells, so that a run that is resumed takes the same steps.
//
// N50 and N90 are settled where the sizes around them, and the ends of their interval, are at most a factor
// refine.width apart: an interval speaks of seeds and items alone, and not of what happens between two sizes. Else, in
// this order: a size half the smallest or twice the largest (up to refine.max_n) where the crossing lies beyond the
// grid; the geometric mean of the two sizes around it; such a size where only the interval reaches beyond the grid;
// half as many seeds again (up to refine.max_seeds). The interval of a single seed settles nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/report/report.h"
#include "experiments/cells/grid.h"
#include "experiments/cells/run_store.h"
#include "experiments/design/config.h"

namespace retort::lab {

// What an arm with these sizes (rising) and seeds still needs; nullopt: nothing. `settled` is false where an interval
// stays wide all the same.
std::optional<Growth> WhatToAdd(const ArmSummary& arm, const std::vector<int>& sizes, int seeds,
                                const RefineConfig& config, bool& settled);

class Refiner {
 public:
  explicit Refiner(const RefineConfig& config) : config_(config) {}

  // Throws Error where a step could spend a budget twice.
  void Check(const std::vector<std::unique_ptr<Block>>& blocks) const;

  // Grows the blocks by one step, from the results of the grid's cells, all of them done; false: it is over. Where
  // nothing was asked for, no result is read.
  bool Grow(const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store);
  // What was done, and why it stopped, for the reader of the tables; empty where nothing was asked for.
  std::string Account() const;
  const std::string& last_step() const { return last_step_; }

 private:
  RefineConfig config_;
  int cells_ = 0;
  std::string last_step_, stop_;
};

}  // namespace retort::lab
