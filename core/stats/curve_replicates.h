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
// Where a crossing far from one half is read off them, shares closed are stretched (interval.h) at each N as the ends
// of their own intervals are: N90 covers 88 to 92 without it. At one half they are not: there the spread of a share, as
// p (1 - p), does not change with the share to first order, t holds, and stretching made N50 (96 to 97.5) and Δ log2
// N50 (97 to 98) too wide.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/base/random.h"
#include "core/stats/paired_means.h"
#include "core/stats/share_spread.h"

namespace retort {

// The level of the intervals that stretch the shares among which the crossing of `gap_closed` is sought; nullopt: none.
inline std::optional<double> StretchesCrossing(double gap_closed, double level) {
  return gap_closed == 0.5 ? std::nullopt : std::optional(level);
}

class CurveReplicates {
 public:
  // `means` has the columns base, teacher, then any number of curves of equally many sizes, and outlives this.
  // `freedom`: ν of what is read off the curves (PairedMeans::DegreesOfFreedom). `stretch_level`: that of the intervals
  // which stretch the shares; nullopt: as they are.
  CurveReplicates(const PairedMeans& means, double freedom, std::optional<double> stretch_level,
                  const RandomStream& random);

  // Draws the shares closed, curve by curve; false where the teacher does not lead.
  bool Next(std::span<double> shares);

 private:
  const PairedMeans& means_;
  RandomStream random_;
  double sign_;  // -1: a score that falls is as good
  double freedom_;
  bool noisy_items_;
  std::optional<ShareSpread> stretch_;
  std::vector<double> scores_, normal_;
};

// Which of R sorted replicates ends an interval: the k-th smallest and the k-th largest, k being the largest number
// with 2 k / (R + 1) < 1 - level (Davison & Hinkley 1997, section 5.2). So fewer than k replicates lie beyond a value
// exactly where twice (those + 1) / (R + 1), its p value, is below 1 - level. At least 1: few replicates then end too
// near.
size_t TailRank(size_t replicates, double level);

}  // namespace retort
