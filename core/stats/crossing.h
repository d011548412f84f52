// N50 and N90: how many samples close half, or nine tenths, of the gap, with an interval whose ends may be censored.
//
// Estimate: isotonic fit of the gap closed at each N, GC(N) = (S_N - S_0) / (S_T - S_0), interpolated in log2 N.
// Interval: quantiles of bootstrap replicates of the vector of mean scores,
//     mean* = mean + √(K/(K-1)) · t_{K-1,.975}/1.96 · (1/K) Σ_j d_{k_j} + e,    e ~ Normal(0, items' part of
//     Var(mean)),
// with d_k the deviations of K seeds, drawn with replacement, each with its task, all N, base and teacher together. The
// factor makes the variance unbiased and gives few seeds Student's tails. Noise of items that the seeds' scatter holds
// already is not drawn a second time (Davison & Hinkley 1997, section 3.8: resample the outer level); `e` is what seeds
// that share items have in common (paired_means.h), or with one seed all there is. `e` is drawn from its normal limit
// in place of resampling items: it is a mean over hundreds of items, and costs a thousandth. Censored replicates stay
// at ±infinity, so an end of the interval is censored when the quantile is.
#pragma once

#include <span>
#include <string>

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

// `means` has the columns base, teacher, then one for each of `sizes` (rising, positive).
CrossingInterval EstimateCrossing(const PairedMeans& means, std::span<const int> sizes, double gap_closed,
                                  int replicates, RandomStream random, double level = 0.95);

}  // namespace retort
