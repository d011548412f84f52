#include "core/stats/curve_contrast.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "core/stats/arm_difference.h"
#include "core/stats/crossing.h"
#include "core/stats/curve_replicates.h"
#include "core/stats/gap_block.h"
#include "core/stats/paired_means.h"

namespace retort {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Both arms cut down to the sizes that both try, with a hole in both where one has it.
void KeepCommon(GapCurveInput& a, GapCurveInput& b) {
  std::vector<int> sizes;
  std::set_intersection(a.sizes.begin(), a.sizes.end(), b.sizes.begin(), b.sizes.end(), std::back_inserter(sizes));
  const auto keep = [&](GapCurveInput& curve) {
    for (GapSeed& seed : curve.seeds) {
      std::vector<std::vector<double>> kept;
      for (size_t s = 0; s < curve.sizes.size(); ++s) {
        if (!std::binary_search(sizes.begin(), sizes.end(), curve.sizes[s])) continue;
        kept.push_back(HasCell(seed, s) ? std::move(seed.at_size[s]) : std::vector<double>{});
      }
      seed.at_size = std::move(kept);
    }
    curve.sizes = sizes;
  };
  keep(a);
  keep(b);
  for (size_t k = 0; k < a.seeds.size(); ++k) {
    for (size_t s = 0; s < sizes.size(); ++s) {
      if (!HasCell(b.seeds[k], s)) a.seeds[k].at_size[s].clear();
    }
  }
}

// Trapezoids in log2 N, as weights that sum to 1.
std::vector<double> MeanWeights(std::span<const int> sizes) {
  if (sizes.size() == 1) return {1.0};
  std::vector<double> weights(sizes.size());
  const double length = std::log2(sizes.back()) - std::log2(sizes.front());
  for (size_t i = 1; i < sizes.size(); ++i) {
    const double half = (std::log2(sizes[i]) - std::log2(sizes[i - 1])) / (2 * length);
    weights[i - 1] += half;
    weights[i] += half;
  }
  return weights;
}

struct Range {
  double low, high;
};

// Where a crossing lies: a point on the grid, or beyond one of its ends.
Range Where(double log2_n, std::span<const int> sizes) {
  if (log2_n == kInfinity) return {std::log2(sizes.back()), kInfinity};
  if (log2_n == -kInfinity) return {-kInfinity, std::log2(sizes.front())};
  return {log2_n, log2_n};
}

Range Difference(double a, double b, std::span<const int> sizes) {
  const Range in_a = Where(a, sizes), in_b = Where(b, sizes);
  return {in_a.low - in_b.high, in_a.high - in_b.low};
}

void FillDelta(const PairedMeans& means, const GapCurveInput& input, CurveContrast& contrast) {
  const std::vector<int>& sizes = contrast.sizes;
  const size_t n = sizes.size();
  const auto cross = [&](std::span<const double> shares, bool leads) {
    return std::pair{Log2CrossingOf(shares.first(n), sizes, 0.5, leads),
                     Log2CrossingOf(shares.last(n), sizes, 0.5, leads)};
  };
  std::vector<double> shares(2 * n), weights(means.mean().size());
  const bool teacher_leads = SharesClosed(means.mean(), input.higher_is_better ? 1 : -1, shares);
  const auto [a, b] = cross(shares, teacher_leads);
  AddCrossingContrast(std::span(shares).first(n), sizes, 0.5, 2, 1, weights);
  AddCrossingContrast(std::span(shares).last(n), sizes, 0.5, 2 + n, -1, weights);
  CurveReplicates curves(means, means.DegreesOfFreedom(weights), StretchesCrossing(0.5, input.level),
                         RandomStream(input.random_seed, "stats.delta_log2_n50"));
  contrast.censored = std::isinf(a) || std::isinf(b);
  const double estimate = a == b && std::isinf(a) ? std::numeric_limits<double>::quiet_NaN() : a - b;

  const auto count = static_cast<size_t>(input.replicates);
  std::vector<double> low(count), high(count);
  size_t unordered = 0, not_positive = 0, not_negative = 0;
  for (size_t r = 0; r < count; ++r) {
    const bool leads = curves.Next(shares);
    const auto [in_a, in_b] = cross(shares, leads);
    const Range delta = Difference(in_a, in_b, sizes);
    low[r] = delta.low;
    high[r] = delta.high;
    unordered += in_a == in_b && std::isinf(in_a) ? 1 : 0;
    not_positive += delta.low <= 0 ? 1 : 0;
    not_negative += delta.high >= 0 ? 1 : 0;
  }
  contrast.unordered = static_cast<double>(unordered) / static_cast<double>(count);
  // Order statistics, as for N50; the interval holds all that the estimate leaves open.
  std::sort(low.begin(), low.end());
  std::sort(high.begin(), high.end());
  const size_t rank = TailRank(count, input.level);
  const Range open = Difference(a, b, sizes);
  contrast.delta_log2_n50 = {estimate, std::min(low[rank - 1], open.low), std::max(high[count - rank], open.high)};
  if (contrast.censored || means.seeds() < kSeedsForPValue) return;
  // On the side of the estimate that 0 lies on: below 1 - level exactly where the interval, which holds the estimate,
  // leaves 0 out.
  const size_t beyond = estimate > 0 ? not_positive : estimate < 0 ? not_negative : count;
  contrast.p_value = std::min(1.0, 2 * static_cast<double>(1 + beyond) / static_cast<double>(count + 1));
}

}  // namespace

CurveContrast CompareCurves(const GapCurveInput& a, const GapCurveInput& b) {
  assert(a.seeds.size() == b.seeds.size() && a.replicates > 0);
  GapCurveInput first = a, second = b;
  KeepCommon(first, second);
  CurveContrast contrast;
  const GapBlock block = LargestBlock(first);
  if (block.seeds.empty()) {
    contrast.undefined = "no seed has both arms at one N";
    return contrast;
  }
  const PairedMeans means = BlockMeans(first, block, &second);
  contrast.undefined = MeasureGap(first, means).undefined;
  if (!contrast.undefined.empty()) return contrast;
  contrast.seeds = means.seeds();
  for (size_t s : block.sizes) contrast.sizes.push_back(first.sizes[s]);
  FillDelta(means, first, contrast);

  const size_t n = contrast.sizes.size();
  const std::vector<double> weights = MeanWeights(contrast.sizes);
  std::vector<double> numerator(means.mean().size()), denominator(means.mean().size());
  denominator[0] = -1;
  denominator[1] = 1;
  for (size_t i = 0; i < n; ++i) {
    numerator[2 + i] = weights[i];
    numerator[2 + n + i] = -weights[i];
  }
  const ArmDifference arms(means, first.higher_is_better ? 1 : -1, first.level);
  const std::optional<TestedInterval> closed = arms.Ratio(numerator, denominator);
  if (!closed) {
    contrast = {.undefined = kGapTooUncertain};
    return contrast;
  }
  contrast.mean_gap_closed = closed->interval;
  if (contrast.censored) contrast.p_value = closed->p_value;
  return contrast;
}

}  // namespace retort
