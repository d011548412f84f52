// Differences between arms: of their scores at one N, or of their mean shares closed. A t interval of such a difference
// takes its standard error at the estimate. Where one arm has left the floor or neared the ceiling and the other has
// not, seeds scatter skewly about the difference: samples without an unlucky seed have both a difference that is too
// small and a standard error that is too small, and t misses the far side (91 where it says 95).
//
// So the standard error belongs to the value that is tested, as in the score intervals of Mee (1984) and Miettinen &
// Nurminen (1985) for a difference of two rates: an interval is the set of all δ with
//     (d - δ)² <= t_ν² · max(Var(d), Var_δ(d)),
// Var_δ being the variance if the means were those nearest to the measured ones, in Mahalanobis distance, at which the
// difference is δ:  m + Σw (δ - d) / (wᵀΣw).  There the standard deviation of each arm's share closed, that of its
// column less (1 - s) base + s teacher, is another one, by the factor (p(1 - p) / (s(1 - s)))^(γ/2), s and p being the
// shares closed at the measured and at the supposed means, held apart from 0 and 1 by the half-width of s, and γ the
// exponent of share_spread.h: what stretches the ends of one share (interval.h), applied to two. The maximum keeps ends
// from moving inwards, as there: a spread of few seeds cannot be trusted to shrink. Where arms are alike both factors
// cancel but for second order: the test of no difference keeps its level, as the limits of each arm put together
// (Newcombe 1998; Zou & Donner 2008) do not (covered 98 to 99).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/stats/interval.h"
#include "core/stats/paired_means.h"
#include "core/stats/share_spread.h"

namespace retort {

struct TestedInterval {
  Interval interval;
  // Two-sided, of "the value is 0": below 1 - level exactly where the interval leaves 0 out, both by the same ν and the
  // same standard error. nullopt under kSeedsForPValue seeds.
  std::optional<double> p_value;
};

class ArmDifference {
 public:
  // `means` has the columns base, teacher, then students, with a gap that may be divided by (MeasureGap), and outlives
  // this. sign: 1 where a higher score is better, or -1.
  ArmDifference(const PairedMeans& means, double sign, double level);

  TestedInterval Difference(std::span<const double> weights) const;  // Σ weights[c] · mean[c]
  // A / B by Fieller (1954), all ρ with (A - ρB)² within the above of A - ρB. ν is that of A - ρB at the estimate, for
  // the p value too. nullopt where the set is unbounded.
  std::optional<TestedInterval> Ratio(std::span<const double> numerator, std::span<const double> denominator) const;

 private:
  using Weights = std::function<std::vector<double>(double)>;
  double Variance(std::span<const double> weights, double move) const;
  TestedInterval Invert(const Interval& plain, double freedom, const Weights& weights_at,
                        const std::function<double(double)>& distance_at) const;

  const PairedMeans& means_;
  double sign_, level_;
  ShareSpread spread_;
};

struct ScoreContrast {
  int seeds = 0;
  Interval lead;  // positive where the arm is better
  std::optional<double> p_value;
};
// An arm against another at one N: rows of the columns base, teacher, other, arm. Where there is no gap to speak of,
// the plain t interval of the paired difference.
ScoreContrast CompareScores(std::span<const SeedScores> rows, bool higher_is_better, double level = 0.95);

}  // namespace retort
