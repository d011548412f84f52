#include "core/stats/crossing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>
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
  return Log2Crossing(sizes, IsotonicFit(shares, std::vector(sizes.size(), 1.0)), gap_closed);  // no cell is missing
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

CrossingInterval EstimateCrossing(const PairedMeans& means, std::span<const int> sizes, double gap_closed,
                                  int replicates, RandomStream random, double level) {
  assert(!sizes.empty() && means.mean().size() == sizes.size() + 2 && replicates > 0);
  CurveReplicates curves(means, level, std::move(random));
  const double estimate = Log2CrossingOf(curves.shares(), sizes, gap_closed, curves.leads());
  std::vector<double> crossings(static_cast<size_t>(replicates)), shares(sizes.size());
  for (double& crossing : crossings) {
    const bool leads = curves.Next(shares);
    crossing = Log2CrossingOf(shares, sizes, gap_closed, leads);
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
