// The gap curve of one arm on one task: mean scores, the share of the gap between base and teacher that N samples
// close, N50 and N90, each with its interval. GC(N) = (S_N - S_0) / (S_T - S_0) is a ratio of means over seeds,
// unclipped, for scores of either direction.
//
// Missing cells: a point uses the seeds that have it; N50 and N90 use the largest block of seeds and sizes without a
// hole, since a fit over changing seeds would compare tasks and not sizes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/stats/crossing.h"
#include "core/stats/interval.h"

namespace retort {

struct GapSeed {
  std::string items;                         // seeds with the same name here were graded on the same items
  std::vector<double> base, teacher;         // score of each item
  std::vector<std::vector<double>> at_size;  // [size][item]; empty where the cell is missing
};

struct GapCurveInput {
  std::vector<int> sizes;  // rising, positive
  std::vector<GapSeed> seeds;
  bool higher_is_better = true;
  bool rate = true;  // scores are in [0, 1]
  // Below this gap (in score) the share closed means nothing. Default: .10 for a rate, 10 % of |S_T| else.
  std::optional<double> smallest_gap;
  double level = 0.95;
  int replicates = 2000;
  uint64_t random_seed = 0;
};

struct GapPoint {
  int n = 0;
  int seeds = 0;
  Interval score;
  std::optional<Interval> gap_closed;
  std::string undefined;  // why there is no gap_closed
};

struct GapCurve {
  int seeds = 0;            // with base and teacher
  bool items_only = false;  // one seed: intervals speak of other items, not of other runs
  Interval base, teacher;
  Interval gap;                  // S_T - S_0, positive where the teacher is better
  std::vector<GapPoint> points;  // only sizes that some seed has
  std::optional<CrossingInterval> n50, n90;
  std::string undefined;  // why there is no N50 and N90
  int crossing_seeds = 0;
  std::vector<int> crossing_sizes;
};

GapCurve FitGapCurve(const GapCurveInput& input);

}  // namespace retort
