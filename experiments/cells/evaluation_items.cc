#include "experiments/cells/evaluation_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "teacher/collector.h"

namespace retort::lab {

std::vector<Item> EvaluationItems(const CellConfig& config, const Task& task, const std::vector<Sample>& samples) {
  const auto seed = static_cast<uint64_t>(config.seed);
  std::vector<Item> held_out = task.Items(Split::kHeldOut, config.evaluation.held_out, seed);
  if (config.validation_items == 0) return held_out;
  CollectConfig collect = config.collect;
  collect.answer_only = false;
  collect.prompts = "task";
  std::vector<Item> pool = RankedPool(task, collect, seed, held_out);
  const auto wanted = std::min(pool.size(), static_cast<size_t>(config.validation_items));
  pool.erase(pool.begin(), pool.end() - static_cast<std::ptrdiff_t>(wanted));
  std::set<std::string> ids;
  for (const Sample& sample : samples) ids.insert(sample.id);
  if (pool.size() < static_cast<size_t>(config.validation_items) ||
      std::ranges::any_of(pool, [&](const Item& item) { return ids.contains(item.id); })) {
    throw Error(fmt::format(
        "the pool of seed {} is too small for {} validation items beside N={}; raise collect.pool_size or lower "
        "tune.validation_items",
        seed, config.validation_items, config.n));
  }
  return pool;
}

}  // namespace retort::lab
