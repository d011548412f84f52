#include "experiments/lab/refine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <variant>

#include "core/base/error.h"
#include "experiments/lab/results.h"

namespace retort::lab {
namespace {

// What one crossing still needs.
struct Need {
  bool settled = false;
  int size = 0;  // that would tell most about it; 0: none
  bool seeds = false;
};

Need NeedOf(const CrossingInterval& crossing, const std::vector<int>& sizes, int seeds, const RefineConfig& config) {
  const auto is_at = [](const Crossing& c) { return c.kind == Crossing::Kind::kAt; };
  const int smaller = sizes.front() / 2;
  const int larger = int64_t{sizes.back()} * 2 <= config.max_n ? sizes.back() * 2 : 0;
  if (crossing.estimate.kind == Crossing::Kind::kAbove) return {.size = larger};
  if (!is_at(crossing.estimate)) return {.settled = smaller == 0, .size = smaller};
  const auto above = std::ranges::lower_bound(sizes, crossing.estimate.n, {}, [](int n) { return double(n); });
  if (above != sizes.begin() && above != sizes.end()) {
    const double low = *(above - 1), high = *above;
    const auto middle = static_cast<int>(std::lround(std::sqrt(low * high)));
    if (high > config.width * low && middle > low && middle < high) return {.size = middle};
  }
  if (seeds > 1 && is_at(crossing.low) && is_at(crossing.high) && crossing.high.n <= config.width * crossing.low.n) {
    return {.settled = true};
  }
  if (!is_at(crossing.high) && larger > 0) return {.size = larger};
  if (!is_at(crossing.low) && smaller > 0) return {.size = smaller};
  return {.seeds = true};
}

// An arm of one task and point of a sweep, of whatever blocks it stands in.
struct Curve {
  std::string arm;
  std::vector<Block*> blocks;
  std::vector<int> sizes;  // of all, rising
  int seeds = 0;           // that each block has
};

std::vector<Curve> Curves(const std::vector<std::unique_ptr<Block>>& blocks) {
  std::vector<Curve> curves;
  std::map<std::tuple<std::string, Axes, std::string>, size_t> known;
  for (const auto& block : blocks) {
    for (const Arm* arm : block->arms) {
      const auto [found, fresh] = known.try_emplace({block->task_name, block->config.axes, arm->name}, curves.size());
      if (fresh) curves.push_back({.arm = arm->name});
      Curve& curve = curves[found->second];
      curve.blocks.push_back(block.get());
      const int seeds = static_cast<int>(block->Seeds(arm->name).size());
      curve.seeds = fresh ? seeds : std::min(curve.seeds, seeds);
    }
  }
  for (Curve& curve : curves) {
    std::set<int> sizes;
    for (const Block* block : curve.blocks) {
      for (const int n : block->Sizes(curve.arm)) sizes.insert(n);
    }
    curve.sizes.assign(sizes.begin(), sizes.end());
  }
  return curves;
}

// Where a new size is trained as its neighbour below is.
Block& BlockFor(const Curve& curve, int n) {
  Block* best = curve.blocks.front();
  int nearest = 0;
  for (Block* block : curve.blocks) {
    for (const int size : block->Sizes(curve.arm)) {
      if (size < n && size > nearest) nearest = size, best = block;
    }
  }
  return *best;
}

}  // namespace

std::optional<Growth> WhatToAdd(const ArmSummary& arm, const std::vector<int>& sizes, int seeds,
                                const RefineConfig& config, bool& settled) {
  Growth growth{.n = {}, .seeds = seeds};
  bool wants_seeds = false, all_settled = true;
  for (const auto& crossing : {arm.n50, arm.n90}) {
    if (!crossing) continue;
    const Need need = NeedOf(*crossing, sizes, seeds, config);
    all_settled = all_settled && need.settled;
    wants_seeds = wants_seeds || need.seeds;
    if (need.size > 0) growth.n.insert(need.size);
  }
  if (!growth.n.empty()) return growth;
  if (wants_seeds && seeds < config.max_seeds) {
    growth.seeds = std::min(config.max_seeds, seeds + std::max(2, seeds / 2));
    return growth;
  }
  settled = settled && all_settled;
  return std::nullopt;
}

void Refiner::Check(const std::vector<std::unique_ptr<Block>>& blocks) const {
  const ExperimentConfig& main = blocks.front()->config;
  const BudgetConfig& budget = main.collect.budget;
  if (config_.max_cells == 0 || std::holds_alternative<LocalTeacherConfig>(main.teacher)) return;
  if (budget.requests == 0 && budget.tokens == 0 && budget.dollars == 0) return;
  throw Error({.file = "", .place = "key refine.max_cells"},
              "collect.budget is not kept over the steps of refine: its teacher answers held-out items in each",
              "leave out one of the two, or refine in runs of your own by n and seeds");
}

bool Refiner::Grow(const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store) {
  if (config_.max_cells == 0) return false;
  const std::vector<CellResult> results = ReadResults(grid, store);
  bool settled = true, too_dear = false, defined = false;
  std::vector<std::string> words;
  for (const Curve& curve : Curves(blocks)) {
    const ExperimentConfig& first = curve.blocks.front()->config;
    std::vector<CellResult> cells;
    for (const CellResult& cell : results) {
      if (cell.task == curve.blocks.front()->task_name && cell.axes == first.axes) cells.push_back(cell);
    }
    const Summary summary = Summarise({.cells = std::move(cells), .smallest_gap = first.evaluation.smallest_gap});
    if (summary.tasks.empty() || curve.sizes.size() < 2) continue;  // one size is no curve
    const auto& arms = summary.tasks.front().arms;
    const auto found = std::ranges::find(arms, curve.arm, &ArmSummary::arm);
    if (found == arms.end()) continue;
    defined = defined || found->n50 || found->n90;
    RefineConfig config = config_;
    config.max_n = static_cast<int>(std::min<int64_t>(config.max_n, first.collect.pool_size));
    const auto wanted = WhatToAdd(*found, curve.sizes, curve.seeds, config, settled);
    if (!wanted) continue;
    const int further = wanted->seeds - curve.seeds;
    const int cost = static_cast<int>(wanted->n.size()) * curve.seeds +
                     further * (static_cast<int>(curve.sizes.size()) + 2);  // base and teacher of a new seed
    if (cells_ + cost > config_.max_cells) {
      too_dear = true;
      continue;
    }
    cells_ += cost;
    for (Block* block : curve.blocks) block->grown[curve.arm].seeds = wanted->seeds;
    for (const int n : wanted->n) {
      Block& block = BlockFor(curve, n);
      block.grown[curve.arm].n.insert(n);
      block.context->WillWant(n);
    }
    const std::string name = fmt::format("{} {}", curve.blocks.front()->task_name, curve.arm);
    words.push_back(further > 0 ? fmt::format("{}: {} seeds", name, wanted->seeds)
                                : fmt::format("{}: N = {}", name, fmt::join(wanted->n, ", ")));
  }
  last_step_ = fmt::format("{}", fmt::join(words, "; "));
  if (!words.empty()) return true;
  stop_ = !defined   ? "no N50 or N90 was defined"
          : too_dear ? fmt::format("a further step would have passed {} cells", config_.max_cells)
          : settled  ? "every N50 and N90 that is defined was known so well"
                     : "no step was left that would tell more";
  return false;
}

std::string Refiner::Account() const {
  if (config_.max_cells == 0) return "";
  return fmt::format(
      "Sizes and seeds beyond the first grid were added by a rule stated beforehand: until the sizes around each N50 "
      "and "
      "N90, and the ends of its interval, are at most a factor {:g} apart, sizes up to {}, up to {} seeds, and at most "
      "{} cells. It added {} cells at most{}. Intervals that end such a search are too narrow; by how much was not "
      "measured.",
      config_.width, config_.max_n > 0 ? std::to_string(config_.max_n) : "the grid's largest", config_.max_seeds,
      config_.max_cells, cells_, stop_.empty() ? " so far" : " and stopped since " + stop_);
}

}  // namespace retort::lab
