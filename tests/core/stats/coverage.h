// How often intervals hold the truth of a simulated world, and how often p values reject it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/core/stats/simulated_world.h"

namespace retort {

struct Coverage {
  int defined = 0, covered = 0;  // experiments with an interval; those whose interval holds the truth
  int below = 0, above = 0;      // the truth lay below, or above, the interval
  bool one_sided = false;        // the truth is beyond the grid: only one end can miss it
  void Count(double truth, double low, double high);
  double rate() const { return defined == 0 ? 0 : static_cast<double>(covered) / defined; }
};

// The worlds of the study: comfortable, skewed, shared items, censored on either side, a likelihood, seeds linked with
// base and teacher, and such without a difference between the arms.
std::vector<World> StudyWorlds();
// Worlds that were looked at only after the methods were settled: seeds whose places are not normal, other slopes, ends
// and numbers of items.
std::vector<World> HeldOutWorlds();

struct CoverageOfWorld {
  std::string world;
  int seeds = 0, trials = 0, censored = 0;                  // censored: a crossing of one arm's estimate
  Coverage base, score, paired, n50, n90, delta, mean_gap;  // score and paired difference (a - b) at the middle size
  Coverage read;                                            // of Δ log2 N50 and mean share whichever is to be read
  std::vector<Coverage> gap_closed;                         // at each size
  // p values of the experiments that had one, sorted: paired difference, Δ log2 N50 where it is the measure to read,
  // mean share closed, and of whichever is to be read.
  std::vector<double> p_paired, p_delta, p_mean_gap, p_read;
};

CoverageOfWorld MeasureCoverage(const World& world, int seeds, int trials, int replicates, uint64_t random_seed = 1);

// Share of p values at most alpha.
double Rejected(const std::vector<double>& p_values, double alpha);

// Share of experiments in which Holm rejects, at .05, any of the true hypotheses among comparisons of arm 0 with the
// arms at centre + deltas[i] (0: a true one).
double FamilyWiseError(const World& world, const std::vector<double>& deltas, int seeds, int trials, int replicates,
                       uint64_t random_seed = 1);

}  // namespace retort
