#include "core/stats/gap_curve.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/stats/gap_block.h"
#include "core/stats/paired_means.h"

namespace retort {
namespace {

// Contrasts of the columns base, teacher, size.
constexpr std::array kClosed = {-1.0, 0.0, 1.0}, kGap = {-1.0, 1.0, 0.0};

// Seeds scatter between base and teacher, so the ends of the mean `plain` are stretched as those of the share closed
// are; `score` is made to hold them.
void Stretch(const Interval& closed, const PairedMeans& means, const Interval& plain, Interval& score) {
  const double base = means.mean()[0], gap = means.mean()[1] - base;
  if (means.items_only()) return;
  const double exponent = means.StretchExponent(means.Residual(kClosed, kGap));
  for (const double end : {plain.low, plain.high}) {
    const double stretched =
        base + gap * StretchEnd(closed.estimate, (end - base) / gap, std::abs((end - plain.estimate) / gap), exponent);
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
      point.gap_closed = means.Share(kClosed, kGap, input.level);
      if (point.gap_closed) {
        Stretch(*point.gap_closed, means, means.Mean(2, input.level), point.score);
        if (input.rate) {
          point.score.low = std::max(point.score.low, 0.0);
          point.score.high = std::min(point.score.high, 1.0);
        }
      } else {
        point.undefined = kGapTooUncertain;
      }
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
