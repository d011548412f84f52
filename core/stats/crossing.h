// N50 and N90: how many samples close half, or nine tenths, of the gap, with an interval whose ends may be censored.
//
// Estimate: isotonic fit of the gap closed at each N, GC(N) = (S_N - S_0) / (S_T - S_0), interpolated in log2 N.
// Interval: quantiles of replicates of the curve (curve_replicates.h). Censored replicates stay at ±infinity, so an end
// of the interval is censored when the quantile is.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/stats/paired_means.h"

namespace retort {

struct Crossing {
  enum class Kind { kAt, kAtOrBelow, kAbove };
  Kind kind = Kind::kAt;
  double n = 0;  // kAt: the crossing; kAtOrBelow: smallest N tried; kAbove: largest N tried
  bool operator==(const Crossing&) const = default;
};
std::string ToString(const Crossing& crossing);  // "11.3", "<= 4", "> 64"

struct CrossingInterval {
  Crossing estimate, low, high;
};
std::string ToString(const CrossingInterval& crossing);  // "11.3 [7.9, > 64]"; "> 64" if all replicates are

// log2 N at which the isotonic fit of `shares`, equally weighted, first reaches `gap_closed`; ±infinity where censored
// (isotonic.h), +infinity too where the teacher does not lead.
double Log2CrossingOf(std::span<const double> shares, std::span<const int> sizes, double gap_closed, bool leads);

// Adds factor · ∂(log2 N of that crossing)/∂(mean score) to the weights of base, teacher and the curve whose columns
// begin at `first`: the contrast whose degrees of freedom a crossing has. Beyond the grid, that of its nearest size.
void AddCrossingContrast(std::span<const double> shares, std::span<const int> sizes, double gap_closed, size_t first,
                         double factor, std::span<double> weights);

// `means` has the columns base, teacher, then one for each of `sizes` (rising, positive).
//
// Replicates of log2 N at the crossing, rising; ±infinity where censored.
std::vector<double> CrossingReplicates(const PairedMeans& means, std::span<const int> sizes, double gap_closed,
                                       int replicates, const RandomStream& random, double level = 0.95);
CrossingInterval EstimateCrossing(const PairedMeans& means, std::span<const int> sizes, double gap_closed,
                                  int replicates, const RandomStream& random, double level = 0.95);

}  // namespace retort
