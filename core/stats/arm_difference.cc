#include "core/stats/arm_difference.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace retort {
namespace {

double Held(double share, double half_width) {
  const double p = std::clamp(share, half_width, 1 - half_width);
  return p * (1 - p);
}

}  // namespace

ArmDifference::ArmDifference(const PairedMeans& means, double sign, double level)
    : means_(means), sign_(sign), level_(level), spread_(SpreadOfShares(means, sign, level)) {}

// Of the contrast, if the means were the nearest ones at which it is larger by `move`; never less than measured. What
// scatters more or less there is the share closed: of a column's deviation the part that base and teacher do not
// account for. Without that, arms that go up and down with their bases look apart (intervals six times too wide).
double ArmDifference::Variance(std::span<const double> weights, double move) const {
  const std::vector<double> with = means_.CovarianceWith(weights);
  double variance = 0;
  for (size_t c = 0; c < weights.size(); ++c) variance += weights[c] * with[c];
  if (!(variance > 0) || move == 0) return std::max(0.0, variance);
  std::vector<double> moved = means_.mean(), shares(spread_.share.size());
  for (size_t c = 0; c < moved.size(); ++c) moved[c] += with[c] * move / variance;
  if (!SharesClosed(moved, sign_, shares)) return variance;
  std::vector<double> scaled(weights.begin(), weights.end());
  for (size_t i = 0; i < shares.size(); ++i) {
    const double half = spread_.half_width[i];
    if (!(half > 0 && half < 0.5)) continue;
    const double factor = std::pow(Held(shares[i], half) / Held(spread_.share[i], half), spread_.exponent[i] / 2);
    const double apart = (1 - factor) * weights[2 + i];
    scaled[0] += apart * (1 - spread_.share[i]);
    scaled[1] += apart * spread_.share[i];
    scaled[2 + i] -= apart;
  }
  const std::vector<double> there = means_.CovarianceWith(scaled);
  double supposed = 0;
  for (size_t c = 0; c < scaled.size(); ++c) supposed += scaled[c] * there[c];
  return std::max(variance, supposed);
}

// `plain` is the interval with the variance as measured, which the set contains.
TestedInterval ArmDifference::Invert(const Interval& plain, double freedom, const Weights& weights_at,
                                     const std::function<double(double)>& distance_at) const {
  const auto p_at = [&](double value) {
    const double distance = std::abs(distance_at(value));
    const double variance = Variance(weights_at(value), -distance_at(value));
    return distance == 0 ? 1.0 : StudentTail(distance / std::sqrt(variance), freedom);
  };
  const double t = StudentQuantile(0.5 + level_ / 2, freedom);
  const auto outside = [&](double value) {
    const double distance = distance_at(value);
    return distance * distance > t * t * Variance(weights_at(value), -distance);
  };
  double p_zero = p_at(0);
  if (plain.low <= 0 && plain.high >= 0) p_zero = std::max(p_zero, 1 - level_);
  // From the plain end outwards to the first value that is rejected. Whether 0 is, its p value alone decides.
  const auto end = [&](double from) {
    const double reach = from - plain.estimate;
    if (reach == 0) return from;
    double inside = from, beyond = from;
    const bool zero_beyond = reach < 0 ? from > 0 : from < 0;
    if (zero_beyond && p_zero < 1 - level_) {
      beyond = 0;
    } else {
      if (zero_beyond) inside = 0;
      double step = reach / 4;
      for (int i = 0; i < 60; ++i, step *= 1.5) {
        beyond = inside + step;
        if (outside(beyond)) break;
        inside = beyond;
      }
    }
    for (int i = 0; i < 50; ++i) {
      const double middle = (inside + beyond) / 2;
      (outside(middle) ? beyond : inside) = middle;
    }
    return inside;
  };
  TestedInterval result{{plain.estimate, end(plain.low), end(plain.high)}, std::nullopt};
  if (means_.seeds() >= kSeedsForPValue) result.p_value = p_zero;
  return result;
}

TestedInterval ArmDifference::Difference(std::span<const double> weights) const {
  const Interval plain = means_.Contrast(weights, level_);
  if (means_.items_only()) return {plain, std::nullopt};
  const std::vector<double> same(weights.begin(), weights.end());
  return Invert(
      plain, means_.DegreesOfFreedom(weights), [&](double) { return same; },
      [&](double value) { return plain.estimate - value; });
}

std::optional<TestedInterval> ArmDifference::Ratio(std::span<const double> numerator,
                                                   std::span<const double> denominator) const {
  const std::optional<Interval> plain = means_.Ratio(numerator, denominator, level_);
  if (!plain) return std::nullopt;
  if (means_.items_only()) return TestedInterval{*plain, std::nullopt};
  const double a = means_.Value(numerator), b = means_.Value(denominator);
  const auto weights_at = [&](double ratio) {
    std::vector<double> weights(numerator.begin(), numerator.end());
    for (size_t c = 0; c < weights.size(); ++c) weights[c] -= ratio * denominator[c];
    return weights;
  };
  return Invert(*plain, means_.DegreesOfFreedom(means_.Residual(numerator, denominator)), weights_at,
                [&](double ratio) { return a - ratio * b; });
}

ScoreContrast CompareScores(std::span<const SeedScores> rows, bool higher_is_better, double level) {
  const PairedMeans means(rows);
  const double sign = higher_is_better ? 1 : -1;
  const std::array weights = {0.0, 0.0, -sign, sign};
  const Interval gap = means.Contrast(std::array{-sign, sign, 0.0, 0.0}, level);
  if (!(gap.low > 0)) return {means.seeds(), means.Contrast(weights, level), means.PValue(weights)};
  const TestedInterval lead = ArmDifference(means, sign, level).Difference(weights);
  return {means.seeds(), lead.interval, lead.p_value};
}

}  // namespace retort
