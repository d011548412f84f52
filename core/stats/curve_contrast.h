// Two arms of one task against each other: how many times more samples one needs, and by how much more of the gap the
// other closes. Arms are paired by seed and item: the same seeds, items, base and teacher.
//
// Measures:
//  - Δ log2 N50 = log2 N50(a) - log2 N50(b), by shared resamples of both curves (curve_replicates.h). A censored
//    crossing is known to lie beyond an end of the grid and no more, so that a replicate is then a range: with a above
//    N_max and b at x_b, from log2 N_max - x_b to infinity; with both above, everything. The interval runs from the
//    lower quantile of the ranges' lower ends to the upper quantile of their upper ends: what the data do not order is
//    counted on both sides (bounds under interval censoring: Manski 2003, Partial Identification).
//  - where an estimate is censored: the difference of the mean share closed over the log2 grid of N (trapezoids), by
//    Fieller, with the standard error of arm_difference.h.
// The p value is that of the measure to read, below 1 - level exactly where its interval leaves 0 out: for Δ log2 N50
// twice the share of replicates that lie, or may lie, on the other side of 0 than the estimate (Efron & Tibshirani
// 1993, section 15.4); for the mean share arm_difference.h's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/stats/gap_curve.h"
#include "core/stats/interval.h"

namespace retort {

struct CurveContrast {
  int seeds = 0;
  std::vector<int> sizes;  // of the block without holes that both arms have
  // Negative: a needs fewer. Ends may be ±infinity. The estimate is ±infinity where one crossing is censored and the
  // sign is known, and NaN where both are censored on the same side.
  Interval delta_log2_n50;
  bool censored = false;          // an estimated crossing is censored: mean_gap_closed is the measure to read
  double unordered = 0;           // share of replicates with both crossings censored on the same side
  Interval mean_gap_closed;       // a - b, positive: a closes more
  std::optional<double> p_value;  // of the measure to read, two-sided; nullopt under kSeedsForPValue seeds
  std::string undefined;          // why there is nothing to compare: all else is empty then
};

// `b` has the seeds of `a` in the same order, with the same items, base and teacher; sizes may differ, common ones
// count. Direction, level, replicates and so on are those of `a`.
CurveContrast CompareCurves(const GapCurveInput& a, const GapCurveInput& b);

}  // namespace retort
