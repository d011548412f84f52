#include "experiments/lab/refine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace retort::lab {
namespace {

// What one crossing still needs.
struct Need {
  bool settled = false;
  int size = 0;  // that would tell most about it; 0: none
  bool seeds = false;
};

Need NeedOf(const CrossingInterval& crossing, const std::vector<int>& sizes, const RefineConfig& config) {
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
  if (is_at(crossing.low) && is_at(crossing.high) && crossing.high.n <= config.width * crossing.low.n) {
    return {.settled = true};
  }
  if (!is_at(crossing.high) && larger > 0) return {.size = larger};
  if (!is_at(crossing.low) && smaller > 0) return {.size = smaller};
  return {.seeds = true};
}

}  // namespace

std::optional<Growth> WhatToAdd(const ArmSummary& arm, const std::vector<int>& sizes, int seeds,
                                const RefineConfig& config, bool& settled) {
  Growth growth{.n = {}, .seeds = seeds};
  bool wants_seeds = false, all_settled = true;
  for (const auto& crossing : {arm.n50, arm.n90}) {
    if (!crossing) continue;
    const Need need = NeedOf(*crossing, sizes, config);
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

bool Refiner::Grow(const std::vector<std::unique_ptr<Block>>& blocks, const std::vector<CellResult>& results) {
  if (config_.max_cells == 0) return false;
  bool settled = true, too_dear = false, grown = false;
  std::vector<std::string> words;
  std::set<std::tuple<std::string, Axes, std::string>> seen;
  for (const auto& block : blocks) {
    std::vector<CellResult> cells;
    for (const CellResult& cell : results) {
      if (cell.task == block->task_name && cell.axes == block->config.axes) cells.push_back(cell);
    }
    const Summary summary =
        Summarise({.cells = std::move(cells), .smallest_gap = block->config.evaluation.smallest_gap});
    if (summary.tasks.empty()) continue;
    for (const Arm* arm : block->arms) {
      if (!seen.insert({block->task_name, block->config.axes, arm->name}).second) continue;
      const auto& arms = summary.tasks.front().arms;
      const auto found = std::ranges::find(arms, arm->name, &ArmSummary::arm);
      const std::vector<int> sizes = block->Sizes(arm->name);
      const int seeds = static_cast<int>(block->Seeds(arm->name).size());
      if (found == arms.end() || sizes.size() < 2) continue;  // one size is no curve
      const auto wanted = WhatToAdd(*found, sizes, seeds, config_, settled);
      if (!wanted) continue;
      const int further = wanted->seeds - seeds;
      const int cost = static_cast<int>(wanted->n.size()) * seeds + further * (static_cast<int>(sizes.size()) + 2);
      if (cells_ + cost > config_.max_cells) {
        too_dear = true;
        continue;
      }
      cells_ += cost;
      grown = true;
      Growth& growth = block->grown[arm->name];
      growth.n.insert(wanted->n.begin(), wanted->n.end());
      growth.seeds = std::max(growth.seeds, wanted->seeds);
      block->context->WillWant(block->Sizes(arm->name).back());
      words.push_back(further > 0
                          ? fmt::format("{} {}: {} seeds", block->task_name, arm->name, wanted->seeds)
                          : fmt::format("{} {}: N = {}", block->task_name, arm->name, fmt::join(wanted->n, ", ")));
    }
  }
  last_step_ = fmt::format("{}", fmt::join(words, "; "));
  if (grown) return true;
  stop_ = too_dear  ? fmt::format("a further step would have passed {} cells", config_.max_cells)
          : settled ? "every N50 and N90 that is defined was known so well"
                    : "refine.max_seeds and refine.max_n left no step that would tell more";
  return false;
}

std::string Refiner::Account() const {
  if (config_.max_cells == 0) return "";
  return fmt::format(
      "Sizes and seeds beyond the first grid were added by a rule stated beforehand: until the upper end of each "
      "interval "
      "of N50 and N90 is at most {:g} times its lower one, or {} cells were added. It added {}{}. Intervals that end "
      "such a search are a little too narrow.",
      config_.width, config_.max_cells, cells_, stop_.empty() ? " so far" : " and stopped since " + stop_);
}

}  // namespace retort::lab
