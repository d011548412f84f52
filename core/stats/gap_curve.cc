#include "core/stats/gap_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "core/stats/paired_means.h"

namespace retort {
namespace {

struct Block {
  std::vector<size_t> seeds, sizes;
};

bool Has(const GapSeed& seed, size_t size) { return size < seed.at_size.size() && !seed.at_size[size].empty(); }

// The largest block without a hole among those made by "sizes that at least k seeds have, and the seeds that have them
// all"; of equals the one with more seeds.
Block LargestBlock(const GapCurveInput& input) {
  Block best;
  for (size_t k = input.seeds.size(); k >= 1; --k) {
    Block block;
    for (size_t s = 0; s < input.sizes.size(); ++s) {
      const auto count =
          std::count_if(input.seeds.begin(), input.seeds.end(), [&](const GapSeed& seed) { return Has(seed, s); });
      if (static_cast<size_t>(count) >= k) block.sizes.push_back(s);
    }
    for (size_t i = 0; i < input.seeds.size(); ++i) {
      if (std::all_of(block.sizes.begin(), block.sizes.end(), [&](size_t s) { return Has(input.seeds[i], s); })) {
        block.seeds.push_back(i);
      }
    }
    if (block.seeds.size() * block.sizes.size() > best.seeds.size() * best.sizes.size()) best = std::move(block);
  }
  return best;
}

// Columns base, teacher, sizes.
PairedMeans Means(const GapCurveInput& input, const Block& block) {
  std::vector<SeedScores> scores;
  for (size_t i : block.seeds) {
    const GapSeed& seed = input.seeds[i];
    SeedScores row{seed.items, {seed.base, seed.teacher}};
    for (size_t s : block.sizes) row.columns.push_back(seed.at_size[s]);
    scores.push_back(std::move(row));
  }
  return PairedMeans(scores);
}

struct Gap {
  Interval interval;      // oriented: positive where the teacher is better
  std::string undefined;  // why nothing should be divided by it
};

Gap MeasureGap(const GapCurveInput& input, const PairedMeans& means) {
  const double sign = input.higher_is_better ? 1 : -1;
  std::vector<double> weights(means.mean().size());
  weights[0] = -sign;
  weights[1] = sign;
  Gap gap{means.Contrast(weights, input.level), ""};
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

// Seeds scatter between base and teacher, so the score's ends are stretched as those of the share closed are.
void Stretch(const Interval& closed, const PairedMeans& means, Interval& score) {
  const double base = means.mean()[0], gap = means.mean()[1] - base;
  if (means.items_only()) return;
  for (const double end : {score.low, score.high}) {
    const double stretched =
        base + gap * StretchEnd(closed.estimate, (end - base) / gap, std::abs((end - score.estimate) / gap));
    score.low = std::min(score.low, stretched);
    score.high = std::max(score.high, stretched);
  }
}

}  // namespace

GapCurve FitGapCurve(const GapCurveInput& input) {
  GapCurve curve;
  curve.seeds = static_cast<int>(input.seeds.size());
  if (input.seeds.empty()) {
    curve.undefined = "no seed has both base and teacher";
    return curve;
  }
  curve.items_only = curve.seeds == 1;
  const auto score = [&](const PairedMeans& means, size_t column) {
    return input.rate ? means.Rate(column, input.level) : means.Mean(column, input.level);
  };
  Block all;
  for (size_t i = 0; i < input.seeds.size(); ++i) all.seeds.push_back(i);
  const PairedMeans ends = Means(input, all);
  curve.base = score(ends, 0);
  curve.teacher = score(ends, 1);
  curve.gap = MeasureGap(input, ends).interval;

  for (size_t s = 0; s < input.sizes.size(); ++s) {
    Block block{{}, {s}};
    for (size_t i = 0; i < input.seeds.size(); ++i) {
      if (Has(input.seeds[i], s)) block.seeds.push_back(i);
    }
    if (block.seeds.empty()) continue;
    const PairedMeans means = Means(input, block);
    GapPoint point{input.sizes[s], means.seeds(), score(means, 2), std::nullopt, MeasureGap(input, means).undefined};
    if (point.undefined.empty()) {
      // base, teacher, size
      point.gap_closed = means.Ratio(std::array{-1.0, 0.0, 1.0}, std::array{-1.0, 1.0, 0.0}, input.level);
      assert(point.gap_closed);  // a gap clear of a positive number is clear of 0
      Stretch(*point.gap_closed, means, point.score);
    }
    curve.points.push_back(std::move(point));
  }

  const Block block = LargestBlock(input);
  if (block.seeds.empty()) {
    curve.undefined = "no cell is there";
    return curve;
  }
  const PairedMeans means = Means(input, block);
  for (size_t s : block.sizes) curve.crossing_sizes.push_back(input.sizes[s]);
  curve.crossing_seeds = means.seeds();
  curve.undefined = MeasureGap(input, means).undefined;
  if (!curve.undefined.empty()) return curve;
  const auto crossing = [&](double level, const char* name) {
    return EstimateCrossing(means, curve.crossing_sizes, level, input.replicates, RandomStream(input.random_seed, name),
                            input.level);
  };
  curve.n50 = crossing(0.5, "stats.n50");
  curve.n90 = crossing(0.9, "stats.n90");
  return curve;
}

}  // namespace retort
