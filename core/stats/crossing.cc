#include "core/stats/crossing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "core/stats/curve_replicates.h"
#include "core/stats/isotonic.h"

namespace retort {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Crossing MakeCrossing(double log2_n, std::span<const int> sizes) {
  if (log2_n == kInfinity) return {Crossing::Kind::kAbove, static_cast<double>(sizes.back())};
  if (log2_n == -kInfinity) return {Crossing::Kind::kAtOrBelow, static_cast<double>(sizes.front())};
  return {Crossing::Kind::kAt, std::exp2(log2_n)};
}

}  // namespace

double Log2CrossingOf(std::span<const double> shares, std::span<const int> sizes, double gap_closed, bool leads) {
  if (!leads) return kInfinity;
  if (std::is_sorted(shares.begin(), shares.end())) return Log2Crossing(sizes, shares, gap_closed);
  return Log2Crossing(sizes, IsotonicFit(shares, std::vector(sizes.size(), 1.0)), gap_closed);  // no cell is missing
}

void AddCrossingContrast(std::span<const double> shares, std::span<const int> sizes, double gap_closed, size_t first,
                         double factor, std::span<double> weights) {
  const std::vector<double> fit = IsotonicFit(shares, std::vector(sizes.size(), 1.0));
  const auto reached = static_cast<size_t>(std::lower_bound(fit.begin(), fit.end(), gap_closed) - fit.begin());
  size_t left = 0, right = 0;  // the sizes that the crossing lies between
  double slope = 1, at_right = 1;
  if (fit.size() > 1) {
    right = std::clamp<size_t>(reached, 1, fit.size() - 1);
    left = right - 1;
    const double rise = fit[right] - fit[left];
    // A curve that is flat beyond the grid must not drown the other arm of a contrast.
    slope = std::max(rise, 0.01) / (std::log2(sizes[right]) - std::log2(sizes[left]));
    at_right = reached == 0 ? 0 : reached == fit.size() ? 1 : (gap_closed - fit[left]) / rise;
  }
  weights[first + left] -= factor / slope * (1 - at_right);
  weights[first + right] -= factor / slope * at_right;
  weights[1] += factor / slope * gap_closed;
  weights[0] += factor / slope * (1 - gap_closed);
}

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

std::vector<double> CrossingReplicates(const PairedMeans& means, std::span<const int> sizes, double gap_closed,
                                       int replicates, const RandomStream& random, double level) {
  assert(!sizes.empty() && means.mean().size() == sizes.size() + 2 && replicates > 0);
  std::vector<double> crossings(static_cast<size_t>(replicates)), shares(sizes.size()), weights(means.mean().size());
  SharesClosed(means.mean(), means.mean()[1] >= means.mean()[0] ? 1 : -1, shares);
  AddCrossingContrast(shares, sizes, gap_closed, 2, 1, weights);
  CurveReplicates curves(means, means.DegreesOfFreedom(weights), StretchesCrossing(gap_closed, level), random);
  for (double& crossing : crossings) {
    const bool leads = curves.Next(shares);
    crossing = Log2CrossingOf(shares, sizes, gap_closed, leads);
  }
  std::sort(crossings.begin(), crossings.end());
  return crossings;
}

CrossingInterval EstimateCrossing(const PairedMeans& means, std::span<const int> sizes, double gap_closed,
                                  int replicates, const RandomStream& random, double level) {
  const std::vector<double> crossings = CrossingReplicates(means, sizes, gap_closed, replicates, random, level);
  std::vector<double> shares(sizes.size());
  const bool teacher_leads = SharesClosed(means.mean(), means.mean()[1] >= means.mean()[0] ? 1 : -1, shares);
  const double estimate = Log2CrossingOf(shares, sizes, gap_closed, teacher_leads);
  // Order statistics, not interpolation: between a number and infinity there is nothing to interpolate.
  const size_t rank = TailRank(crossings.size(), level);
  const double low = std::min(crossings[rank - 1], estimate);
  const double high = std::max(crossings[crossings.size() - rank], estimate);
  return {MakeCrossing(estimate, sizes), MakeCrossing(low, sizes), MakeCrossing(high, sizes)};
}

}  // namespace retort
