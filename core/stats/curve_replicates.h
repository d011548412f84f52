// Resampled gap curves: what the intervals of N50, N90 and of their differences are made of.
//
// A replicate draws the vector of mean scores anew,
//     mean* = mean + √(ν / χ²_ν) · (1/√(K(K-1)) Σ_k z_k d_k + e),   z_k ~ Normal(0, 1), e ~ Normal(0, items' part),
// with d_k the deviations of the K seeds from their mean: a whole seed, with its task, base, teacher, every N and all
// arms that are compared, gets one random multiplier (multiplier bootstrap: van der Vaart & Wellner 1996, section 2.9).
// Drawn with replacement instead, four seeds make 35 different samples, and the tails are cut.
//
// Noise of items that the seeds' scatter holds already is not drawn a second time (Davison & Hinkley 1997, section 3.8:
// resample the outer level); `e` is what seeds that share items have in common (paired_means.h), or with one seed all
// there is: the normal limit of resampling hundreds of items, at a thousandth of the cost. The common factor gives
// Student's tails with ν degrees of freedom at every level, so that a replicate's share at one N lies beyond a value as
// often as the t interval of that share says.
//
// Shares closed are stretched (interval.h) at each N as the ends of their own intervals are.
#pragma once

#include <span>
#include <vector>

#include "core/base/random.h"
#include "core/stats/paired_means.h"

namespace retort {

// Shares of the gap closed, by the vector of mean scores (base, teacher, curves); false where the teacher does not lead
// in the direction `sign` (1: higher is better, -1), so that they mean nothing.
bool SharesClosed(std::span<const double> scores, double sign, std::span<double> shares);

class CurveReplicates {
 public:
  // `means` has the columns base, teacher, then any number of curves of equally many sizes, and outlives this.
  // `freedom`: ν of what is read off the curves (PairedMeans::DegreesOfFreedom).
  CurveReplicates(const PairedMeans& means, double freedom, double level, const RandomStream& random);

  // Draws the shares closed, curve by curve; false where the teacher does not lead.
  bool Next(std::span<double> shares);

 private:
  const PairedMeans& means_;
  RandomStream random_;
  double sign_;  // -1: a score that falls is as good
  double freedom_;
  bool noisy_items_;
  std::vector<double> share_, half_width_, exponent_;  // by the means
  std::vector<double> scores_, normal_;
};

}  // namespace retort
