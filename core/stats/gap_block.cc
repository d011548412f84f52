#include "core/stats/gap_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace retort {

bool HasCell(const GapSeed& seed, size_t size) { return size < seed.at_size.size() && !seed.at_size[size].empty(); }

GapBlock LargestBlock(const GapCurveInput& input) {
  GapBlock best;
  for (size_t k = input.seeds.size(); k >= 1; --k) {
    GapBlock block;
    for (size_t s = 0; s < input.sizes.size(); ++s) {
      const auto count =
          std::count_if(input.seeds.begin(), input.seeds.end(), [&](const GapSeed& seed) { return HasCell(seed, s); });
      if (static_cast<size_t>(count) >= k) block.sizes.push_back(s);
    }
    for (size_t i = 0; i < input.seeds.size(); ++i) {
      if (std::all_of(block.sizes.begin(), block.sizes.end(), [&](size_t s) { return HasCell(input.seeds[i], s); })) {
        block.seeds.push_back(i);
      }
    }
    if (block.seeds.size() * block.sizes.size() > best.seeds.size() * best.sizes.size()) best = std::move(block);
  }
  return best;
}

PairedMeans BlockMeans(const GapCurveInput& input, const GapBlock& block, const GapCurveInput* second) {
  std::vector<SeedScores> scores;
  for (size_t i : block.seeds) {
    const GapSeed& seed = input.seeds[i];
    SeedScores row{seed.items, {seed.base, seed.teacher}};
    for (size_t s : block.sizes) row.columns.push_back(seed.at_size[s]);
    if (second != nullptr) {
      for (size_t s : block.sizes) row.columns.push_back(second->seeds[i].at_size[s]);
    }
    scores.push_back(std::move(row));
  }
  return PairedMeans(scores);
}

MeasuredGap MeasureGap(const GapCurveInput& input, const PairedMeans& means) {
  const double sign = input.higher_is_better ? 1 : -1;
  std::vector<double> weights(means.mean().size());
  weights[0] = -sign;
  weights[1] = sign;
  MeasuredGap gap{means.Contrast(weights, input.level), ""};
  const double smallest =
      std::max(0.0, input.smallest_gap.value_or(input.rate ? 0.10 : 0.10 * std::abs(means.mean()[1])));
  if (!(gap.interval.low > smallest)) {
    const bool bounded = std::isfinite(gap.interval.low) && std::isfinite(gap.interval.high);
    gap.undefined = fmt::format(
        "the teacher's lead over the base, {:.3g}{}, is not clear of the smallest gap of {:.3g}", gap.interval.estimate,
        bounded ? fmt::format(" [{:.3g}, {:.3g}]", gap.interval.low, gap.interval.high) : "", smallest);
  }
  return gap;
}

}  // namespace retort
