// Resampled gap curves: what the intervals of N50, N90 and of their differences are made of.
//
// A replicate draws the vector of mean scores anew,
//     mean* = mean + √(K/(K-1)) · t_{K-1,.975}/1.96 · (1/K) Σ_j d_{k_j} + e,    e ~ Normal(0, items' part of
//     Var(mean)),
// with d_k the deviations of K seeds, drawn with replacement, each with its task, all N, base and teacher together, and
// all arms that are compared. The factor makes the variance unbiased and gives few seeds Student's tails. Noise of
// items that the seeds' scatter holds already is not drawn a second time (Davison & Hinkley 1997, section 3.8: resample
// the outer level); `e` is what seeds that share items have in common (paired_means.h), or with one seed all there is.
// It is drawn from its normal limit in place of resampling items: it is a mean over hundreds of items, and costs a
// thousandth. Shares closed are stretched (interval.h) at each N as the ends of their own intervals are.
#pragma once

#include <span>
#include <vector>

#include "core/base/random.h"
#include "core/stats/paired_means.h"

namespace retort {

class CurveReplicates {
 public:
  // `means` has the columns base, teacher, then any number of curves of `sizes` columns each, and outlives this.
  CurveReplicates(const PairedMeans& means, double level, RandomStream random);

  const std::vector<double>& shares() const { return share_; }  // closed, by the means: (curves, sizes)
  bool leads() const { return leads_; }                         // the teacher, over the base

  // Draws the shares closed; false where in this replicate the teacher does not lead, so that they mean nothing.
  bool Next(std::span<double> shares);

 private:
  bool SharesClosed(std::span<const double> scores, std::span<double> shares) const;

  const PairedMeans& means_;
  RandomStream random_;
  double sign_;  // -1: a score that falls is as good
  double widen_ = 0;
  bool noisy_items_;
  bool leads_;
  std::vector<double> share_, half_width_, scores_, normal_;
};

}  // namespace retort
