// How many requests an account sends in a month: counts that are Poisson with a rate of its own, Gamma, lognormal or
// Pareto over the accounts. One draw is a lookup of a uniform 64-bit number in a table of P(count > k): some
// nanoseconds, and exact to 2^-53 of a probability for every k below 8 192. Above, thresholds stand at 32 steps an
// octave, exact at their ends, with a straight line in log-log between them: single counts out there are not told apart
// by anything.
//
//     P(X > k) = E[S(G)],  G ~ Gamma(k + 1, 1),  S the survival function of the rate
// (since Poisson(r) > k is Gamma(k + 1) < r); closed for Gamma rates: the negative binomial.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace retort {

struct VolumeModel {
  std::string rate = "gamma";  // "gamma" | "lognormal" | "pareto"
  double mean = 0;             // of the rate, and so of the count
  double shape = 0;            // Gamma's shape, the lognormal's sigma, Pareto's exponent (> 1)
};

class VolumeSampler {
 public:
  explicit VolumeSampler(const VolumeModel& model);

  int64_t operator()(uint64_t uniform) const {
    const size_t bin = uniform >> (64 - kGuideBits);
    uint32_t k = guide_[bin], end = guide_end_[bin];
    while (end - k > 8) {  // in the tail only
      const uint32_t middle = k + (end - k) / 2;
      (uniform < threshold_[middle] ? k : end) = middle;
    }
    while (uniform < threshold_[k]) ++k;
    return k < kExact ? k : Tail(uniform);
  }
  double Survival(double count) const;   // P(X > count)
  int64_t Quantile(double share) const;  // smallest k with P(X <= k) >= share

 private:
  static constexpr int kGuideBits = 12;
  static constexpr uint32_t kExact = 8192;
  int64_t Tail(uint64_t uniform) const;

  VolumeModel model_;
  std::vector<uint64_t> threshold_;          // [k]: 2^64 P(X > k), k < kExact; then 0
  std::vector<uint32_t> guide_, guide_end_;  // by the uniform's leading bits: first and last count
  std::vector<double> tail_count_, tail_log_survival_;
};

}  // namespace retort
