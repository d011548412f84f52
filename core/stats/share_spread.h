// How the spread of shares closed depends on where they lie: what stretches the ends of intervals near floor and
// ceiling (interval.h), for one share, for resampled curves and for differences of arms alike.
#pragma once

#include <span>
#include <vector>

#include "core/stats/paired_means.h"

namespace retort {

// Shares of the gap closed, by the vector of mean scores (base, teacher, students); false where the teacher does not
// lead in the direction `sign` (1: higher is better, -1), so that they mean nothing.
bool SharesClosed(std::span<const double> scores, double sign, std::span<double> shares);

struct ShareSpread {
  // One value a student's column. half_width: of its Fieller interval; 0: unbounded, or one seed, and nothing is
  // stretched. exponent: PairedMeans::StretchExponent.
  std::vector<double> share, half_width, exponent;
};
// `means` begins with the columns base, teacher.
ShareSpread SpreadOfShares(const PairedMeans& means, double sign, double level);

}  // namespace retort
