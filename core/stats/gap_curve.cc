#include "core/stats/gap_curve.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "core/stats/gap_block.h"
#include "core/stats/paired_means.h"

namespace retort {
namespace {

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
  GapBlock all;
  for (size_t i = 0; i < input.seeds.size(); ++i) all.seeds.push_back(i);
  const PairedMeans ends = BlockMeans(input, all);
  curve.base = score(ends, 0);
  curve.teacher = score(ends, 1);
  curve.gap = MeasureGap(input, ends).interval;

  for (size_t s = 0; s < input.sizes.size(); ++s) {
    GapBlock block{{}, {s}};
    for (size_t i = 0; i < input.seeds.size(); ++i) {
      if (HasCell(input.seeds[i], s)) block.seeds.push_back(i);
    }
    if (block.seeds.empty()) continue;
    const PairedMeans means = BlockMeans(input, block);
    GapPoint point{input.sizes[s], means.seeds(), score(means, 2), std::nullopt, MeasureGap(input, means).undefined};
    if (point.undefined.empty()) {
      // base, teacher, size
      point.gap_closed = means.Share(std::array{-1.0, 0.0, 1.0}, std::array{-1.0, 1.0, 0.0}, input.level);
      assert(point.gap_closed);  // a gap clear of a positive number is clear of 0
      Stretch(*point.gap_closed, means, point.score);
    }
    curve.points.push_back(std::move(point));
  }

  const GapBlock block = LargestBlock(input);
  if (block.seeds.empty()) {
    curve.undefined = "no cell is there";
    return curve;
  }
  const PairedMeans means = BlockMeans(input, block);
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
