// Experiments whose truth is known: what the intervals of core/stats are tried on, by scripts/coverage-study in full
// and by coverage_slow_test.cc in part.
//
// A seed k has a place on the log2 N axis, z_k ~ Normal(0, spread), that both arms share (the rule that it learns), and
// each arm one of its own, Normal(0, arm_spread). Its arm closes the share 1 / (1 + exp(-slope (log2 N - centre - z)))
// of its gap. With spread .7 and slope 1.6 the shares of seeds at one N have a standard deviation of 1.1 on the logit
// scale, as the pilot's rules had: near the floor and the ceiling they are then far from normal. Base and teacher
// scatter uniformly, correlated with z if asked for. An item of one run is right with exactly the run's probability;
// with probability `item_link` each the runs ask the item's own number instead of an independent one, so that two runs
// on the same item agree more often than by chance.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/stats/gap_curve.h"

namespace retort {

// How the places of seeds on the log2 N axis are distributed; all have mean 0 and deviation 1, times `spread`.
enum class Places {
  kNormal,
  kLateTail,   // exponential: a few seeds need far more
  kEarlyTail,  // its mirror image: a few need far less
  kTwoKinds,   // one seed in four needs far more than the rest
};

struct World {
  std::string name;
  std::vector<int> sizes = {4, 8, 16, 32, 64};
  int items = 200;
  bool shared_items = false;        // one task for all seeds, or a task a seed
  double centre = 3.5;              // arm b: log2 N at which a seed at z = 0 closes half
  double delta = 0;                 // arm a: at centre + delta
  double slope = 1.6, slope_a = 0;  // slope_a: of arm a; 0: the same
  double spread = 0.3;              // of a seed's place on the log2 N axis
  Places places = Places::kNormal;
  double arm_spread = 0.3;  // of each arm's own
  double base = 0.1, teacher = 0.93;
  double base_scatter = 0.01, teacher_scatter = 0.01;  // half the range of a uniform distribution over seeds
  double end_link = 0;                                 // correlation of base and teacher with z, as normal quantiles
  double item_link = 0.7;
  double noise = 0;  // > 0: a likelihood, lower is better: scores of items have this deviation
};

struct Truth {
  std::vector<double> score_a, share_a, share_b;  // at each size
  double base = 0, teacher = 0;
  double log2_n50 = 0, log2_n90 = 0;  // of arm a, read off the sizes; ±infinity where they do not reach
  double delta_log2_n50 = 0;          // beyond the sizes read off the continued curves
  double mean_gap_closed = 0;         // a - b
};
Truth TruthOf(const World& world);

struct SimulatedArms {
  GapCurveInput a, b;  // the same seeds, items, base and teacher
};
SimulatedArms Simulate(const World& world, int seeds, int replicates, RandomStream& random);

// More arms of the world beside one base and teacher; arm i is at centre + deltas[i].
std::vector<GapCurveInput> SimulateArms(const World& world, const std::vector<double>& deltas, int seeds,
                                        int replicates, RandomStream& random);

}  // namespace retort
