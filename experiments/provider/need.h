// What a distiller needs: Q = ⌈N90 a / y (1 + δ)⌉ requests, a attempts a sample, y the share accepted, δ decoys (added
// by the strategies that send them). N90 is drawn from its bootstrap: the scores of every seed are read from the
// cells.csv of a few_samples run, and the curve is resampled as the run's own interval of N90 is. What is known of a
// seed there is its mean over items; where seeds share items (one task for all), the luck of these items is not drawn
// again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/stats/crossing.h"
#include "experiments/provider/bound.h"
#include "teacher/provider/needle_assumptions.h"

namespace retort::provider {

inline constexpr char kFewSamplesMend[] =
    "run build/few_samples and give its summary.csv, or few_samples_summary='' to do without";
// A result of another experiment: as given, else as it lies beside the configs. Throws Error where it is at neither.
std::filesystem::path FindBeside(const std::string& path, const std::filesystem::path& config_dir,
                                 const std::string& mend);

struct Need {
  std::string task;
  Crossing estimate;
  double smallest = 0, largest = 0;  // N that were tried
  std::vector<double> n90;           // draws, rising; 0: at or below the smallest N; +infinity: above the largest
};

// Throws Error where the file is no cells.csv, holds no arm and task of these names, or where N90 is not defined.
Need ReadNeed(const std::filesystem::path& cells, const std::string& task, const std::string& arm, uint64_t seed);

// A volume, perhaps as a bound: a censored N90 stays one.
struct NeededRequests {
  double samples = 0, requests = 0;
  Bound bound = Bound::kExact;
  double share = 0;  // of the draws that it stands for
};
double RequestsFor(double samples, const NeedleAssumptions& assumptions);
double EstimatedN90(const Need& need);  // as one of the draws
NeededRequests Estimated(const Need& need, const NeedleAssumptions& assumptions);
// The draws at seven quantiles, the first and last the ends of the 95 % interval; each stands for the draws around it.
std::vector<NeededRequests> Drawn(const Need& need, const NeedleAssumptions& assumptions);

}  // namespace retort::provider
