// Where several curves of the same seeds and items reach a share of the gap, replicate by replicate: what a number that
// depends on N_X (a cost, a ratio of costs) gets its interval from. The curves are read against one base and one
// teacher, so that "80 % of the gap" is the same score for all of them, also for students of another beginning.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/stats/gap_curve.h"

namespace retort {

struct CrossingDraws {
  int seeds = 0;
  std::vector<std::vector<int>> sizes;     // of each curve: those that all of these seeds have
  std::vector<double> estimate;            // log2 N_X of each curve; -infinity: below its grid, infinity: beyond it
  std::vector<std::vector<double>> draws;  // [curve][replicate], the same replicate for all curves
  std::string undefined;                   // why there is none: all else is empty then
};

// The inputs have the same seeds in the same order, each with the same items; base and teacher are those of the first.
// `factors`: of each log2 N_X in what is read off them (1 and -1 for a ratio), which fixes the degrees of freedom.
// Replicates, level and random seed are those of the first. Seeds with a hole in some curve's block are left out.
CrossingDraws DrawCrossings(std::span<const GapCurveInput> curves, std::span<const double> factors, double gap_closed);

}  // namespace retort
