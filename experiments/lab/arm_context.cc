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
    const std::vector<Item> held_out = HeldOut(seed);
    const std::unique_ptr<Grader> grader = MakeGrader(config_.task);
    CollectConfig config = config_.collect;
    config.budget = options_.budget->For(hash);
    const CollectJob job{.teacher = teacher_,
                         .task = task_,
                         .grader = grader.get(),
                         .config = config,
                         .seed = seed,
                         .held_out = held_out,
                         .folder = options_.collections / hash,
                         .progress = progress};
    const int rows = std::max(n, options_.rows_at_once);
    if (!options_.ask && (!std::filesystem::exists(job.folder) || PlanCollection(job, rows).requests > 0)) {
      throw Error(fmt::format("the teacher was not asked yet for {} rows of seed {}", rows, seed));
    }
    collected_[seed] = Collect(job, rows);
    options_.budget->Spent(hash, collected_[seed].manifest);
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
