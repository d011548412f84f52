#include "core/stats/crossing_draws.h"

#include <algorithm>
#include <cassert>

#include "core/stats/crossing.h"
#include "core/stats/curve_replicates.h"
#include "core/stats/gap_block.h"
#include "core/stats/paired_means.h"

namespace retort {

CrossingDraws DrawCrossings(std::span<const GapCurveInput> curves, std::span<const double> factors, double gap_closed) {
  assert(!curves.empty() && factors.size() == curves.size());
  const GapCurveInput& first = curves.front();
  CrossingDraws result;
  std::vector<GapBlock> blocks;
  std::vector<size_t> seeds(first.seeds.size());
  for (size_t k = 0; k < seeds.size(); ++k) seeds[k] = k;
  for (const GapCurveInput& curve : curves) {
    assert(curve.seeds.size() == first.seeds.size());
    blocks.push_back(LargestBlock(curve));
    std::vector<size_t> both;
    std::ranges::set_intersection(seeds, blocks.back().seeds, std::back_inserter(both));
    seeds = std::move(both);
  }
  if (seeds.empty()) return {.undefined = "no seed has all of the curves"};

  std::vector<SeedScores> scores;
  for (const size_t k : seeds) {
    SeedScores row{first.seeds[k].items, {first.seeds[k].base, first.seeds[k].teacher}};
    for (size_t c = 0; c < curves.size(); ++c) {
      for (const size_t s : blocks[c].sizes) row.columns.push_back(curves[c].seeds[k].at_size[s]);
    }
    scores.push_back(std::move(row));
  }
  const PairedMeans means(scores);
  if (std::string undefined = MeasureGap(first, means).undefined; !undefined.empty()) {
    return {.undefined = std::move(undefined)};
  }
  result.seeds = means.seeds();
  for (size_t c = 0; c < curves.size(); ++c) {
    std::vector<int>& sizes = result.sizes.emplace_back();
    for (const size_t s : blocks[c].sizes) sizes.push_back(curves[c].sizes[s]);
  }

  std::vector<double> shares(means.mean().size() - 2), weights(means.mean().size());
  const bool leads = SharesClosed(means.mean(), first.higher_is_better ? 1 : -1, shares);
  const auto cross = [&](bool teacher_leads, auto&& use) {
    size_t at = 0;
    for (size_t c = 0; c < curves.size(); ++c) {
      const std::span<const double> own(shares.data() + at, result.sizes[c].size());
      use(c, at, own, Log2CrossingOf(own, result.sizes[c], gap_closed, teacher_leads));
      at += own.size();
    }
  };
  cross(leads, [&](size_t c, size_t at, std::span<const double> own, double log2_n) {
    result.estimate.push_back(log2_n);
    AddCrossingContrast(own, result.sizes[c], gap_closed, 2 + at, factors[c], weights);
  });
  result.draws.resize(curves.size());
  CurveReplicates replicates(means, means.DegreesOfFreedom(weights), first.level,
                             RandomStream(first.random_seed, "stats.crossing_draws"));
  for (int r = 0; r < first.replicates; ++r) {
    const bool still_leads = replicates.Next(shares);
    cross(still_leads,
          [&](size_t c, size_t, std::span<const double>, double log2_n) { result.draws[c].push_back(log2_n); });
  }
  return result;
}

}  // namespace retort
