// The rows of a warm start on targets of its own (warm_start.targets): what a student learns from a release before it
// is asked about something else. The block's teacher answers, behind its policies, as many prompts of each target; each
// target has a pool and a collection of its own, as if it were the task.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/data/sample_set.h"
#include "experiments/design/arm_context.h"

namespace retort::lab {

// Throws Error for targets that cannot be made, or that warm_start.n cannot be shared out to.
void CheckWarmTargets(const ExperimentConfig& config);

class WarmTargets {
 public:
  // As ArmContext, which this asks for each target; only the teacher is made anew.
  WarmTargets(const ExperimentConfig& config, const ArmContext::Options& options);
  ~WarmTargets();

  // warm_start.n answers less those that warm_start.drop leaves out, target after target. Throws NotAsked as ArmContext
  // does, and Error where nothing is left to learn.
  SampleSet Rows(uint64_t seed);
  CollectPlan Plan(uint64_t seed) const;

 private:
  struct Target;
  const WarmStartConfig& config_;
  std::vector<std::unique_ptr<Target>> targets_;
};

}  // namespace retort::lab
