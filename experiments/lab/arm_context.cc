// Collections are shared by all experiments of a runs_dir: they are named by what fixes the answers.
#include "experiments/lab/arm_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/interrupt.h"

namespace retort::lab {

ArmContext::ArmContext(const ExperimentConfig& config, const Task& task, Teacher& teacher, Options options)
    : config_(config), task_(task), teacher_(teacher), options_(std::move(options)) {}

std::vector<Item> ArmContext::HeldOut(uint64_t seed) const {
  return task_.Items(Split::kHeldOut, config_.evaluation.held_out, seed);
}

SampleSet ArmContext::TeacherRows(int n, uint64_t seed) {
  const auto known = collected_.find(seed);
  if (known == collected_.end() || static_cast<int>(known->second.samples.size()) < n) {
    const std::string hash = CollectionHash(teacher_.card(), task_, config_.collect, seed);
    const auto progress = [&](int done, int total) {
      if (options_.progress) options_.progress(seed, done, total);
    };
    collected_[seed] = Collect(teacher_, task_, config_.collect, seed, std::max(n, options_.rows_at_once),
                               HeldOut(seed), options_.collections / hash, progress);
  }
  if (Interrupted()) throw Error("interrupted while the teacher was asked");
  return collected_.at(seed).Subset(n, seed);
}

std::vector<Item> ArmContext::Prompts(int n, uint64_t seed) {
  std::vector<Item> pool = RankedPool(task_, config_.collect, seed, HeldOut(seed));
  if (static_cast<int>(pool.size()) < n) {
    throw Error(fmt::format("{} prompts are wanted, but the pool of seed {} has {}; raise collect.pool_size or lower n",
                            n, seed, pool.size()));
  }
  pool.resize(static_cast<size_t>(n));
  return pool;
}

}  // namespace retort::lab
