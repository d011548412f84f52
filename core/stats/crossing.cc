#include "core/stats/crossing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "core/stats/isotonic.h"

namespace retort {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The share of the gap closed at each size; `scores`: base, teacher, sizes. False where the teacher does not lead.
bool SharesClosed(std::span<const double> scores, double sign, std::span<double> closed) {
  const double gap = sign * (scores[1] - scores[0]);
  for (size_t i = 0; i < closed.size(); ++i) closed[i] = sign * (scores[2 + i] - scores[0]) / gap;
  return gap > 0;
}

Crossing MakeCrossing(double log2_n, std::span<const int> sizes) {
  if (log2_n == kInfinity) return {Crossing::Kind::kAbove, static_cast<double>(sizes.back())};
  if (log2_n == -kInfinity) return {Crossing::Kind::kAtOrBelow, static_cast<double>(sizes.front())};
  return {Crossing::Kind::kAt, std::exp2(log2_n)};
}

}  // namespace

std::string ToString(const Crossing& crossing) {
  const std::string n = crossing.n >= 100 ? fmt::format("{:.0f}", crossing.n) : fmt::format("{:.3g}", crossing.n);
  switch (crossing.kind) {
    case Crossing::Kind::kAtOrBelow:
      return "<= " + n;
    case Crossing::Kind::kAbove:
      return "> " + n;
    default:
      return n;
  }
}

std::string ToString(const CrossingInterval& crossing) {
  const bool certain = crossing.low == crossing.estimate && crossing.high == crossing.estimate;
  if (certain && crossing.estimate.kind != Crossing::Kind::kAt)
    return ToString(crossing.estimate);  // never "> 64 [> 64, > 64]"
  return fmt::format("{} [{}, {}]", ToString(crossing.estimate), ToString(crossing.low), ToString(crossing.high));
}

CrossingInterval EstimateCrossing(const PairedMeans& means, std::span<const int> sizes, double gap_closed,
                                  int replicates, RandomStream random, double level) {
  const std::vector<double>& mean = means.mean();
  assert(!sizes.empty() && mean.size() == sizes.size() + 2 && replicates > 0);
  const double sign = mean[1] >= mean[0] ? 1 : -1;       // a score that falls is as good
  const std::vector<double> weights(sizes.size(), 1.0);  // no cell is missing
  std::vector<double> closed(sizes.size()), share(sizes.size()), half_width(sizes.size());
  const auto cross = [&](const std::vector<double>& shares) {
    return Log2Crossing(sizes, IsotonicFit(shares, weights), gap_closed);
  };
  double estimate = kInfinity;  // the teacher's lead should be known before anyone asks
  if (SharesClosed(mean, sign, share)) estimate = cross(share);
  for (size_t i = 0; i < sizes.size() && !means.items_only(); ++i) {
    std::vector<double> numerator(mean.size()), denominator(mean.size());
    numerator[2 + i] = denominator[1] = 1;
    numerator[0] = denominator[0] = -1;
    const std::optional<Interval> gc = means.Ratio(numerator, denominator, level);
    if (gc) half_width[i] = std::min(gc->high - gc->estimate, gc->estimate - gc->low);
  }

  const auto k = static_cast<double>(means.seeds());
  const double p = 0.5 + level / 2;
  const double widen =
      means.items_only() ? 0 : std::sqrt(k / (k - 1)) * StudentQuantile(p, k - 1) / NormalQuantile(p) / k;
  const Symmetric& root = means.item_root();
  const bool noisy_items = std::any_of(root.values.begin(), root.values.end(), [](double v) { return v != 0; });
  std::vector<double> crossings(static_cast<size_t>(replicates)), scores(mean.size()), normal(mean.size());
  for (double& crossing : crossings) {
    scores = mean;
    for (int draw = 0; widen > 0 && draw < means.seeds(); ++draw) {
      const std::vector<double>& deviation = means.deviations()[random.Below(means.deviations().size())];
      for (size_t c = 0; c < scores.size(); ++c) scores[c] += widen * deviation[c];
    }
    if (noisy_items) {
      for (double& z : normal) z = random.Normal();
      for (size_t c = 0; c < scores.size(); ++c) {
        for (size_t j = 0; j < normal.size(); ++j) scores[c] += root(c, j) * normal[j];
      }
    }
    const bool leads = SharesClosed(scores, sign, closed);
    for (size_t i = 0; i < closed.size(); ++i) closed[i] = StretchEnd(share[i], closed[i], half_width[i]);
    crossing = leads ? cross(closed) : kInfinity;
  }
  // Order statistics, not interpolation: between a number and infinity there is nothing to interpolate.
  std::sort(crossings.begin(), crossings.end());
  const double tail = (1 - level) / 2;
  const auto rank = static_cast<size_t>(std::floor(tail * replicates));
  const double low = std::min(crossings[rank], estimate);
  const double high = std::max(crossings[crossings.size() - 1 - rank], estimate);
  return {MakeCrossing(estimate, sizes), MakeCrossing(low, sizes), MakeCrossing(high, sizes)};
}

}  // namespace retort
