// A curve that may only rise, and where it crosses a level.
#pragma once

#include <span>
#include <vector>

namespace retort {

// Weighted least-squares non-decreasing fit by pool adjacent violators (Barlow et al. 1972). Weights are positive.
std::vector<double> IsotonicFit(std::span<const double> values, std::span<const double> weights);

// log2 of the N at which `fit` (non-decreasing, one value a size) first reaches `level`, interpolated linearly in log2
// N. -infinity: already at the smallest size; +infinity: not at the largest. `sizes` rise and are positive.
double Log2Crossing(std::span<const int> sizes, std::span<const double> fit, double level);

}  // namespace retort
