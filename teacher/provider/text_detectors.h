// What a window of requests says by its text alone.
//
// MMD: the squared maximum mean discrepancy between a window and what honest people send (Gretton et al. 2012, unbiased
// in the window), with a Gaussian kernel by 32 random Fourier features (Rahimi & Recht 2007): a window then costs its
// length, not its length times that of a reference. The bandwidth is the median distance of the reference.
//
// PRADA (Juuti et al. 2019, arXiv:1805.02628): attackers' queries lie at distances from their nearest predecessors that
// are too far from normal. Here the statistic is 1 - W' of Shapiro & Francia, the squared correlation of sorted
// distances with normal scores, in place of Shapiro & Wilk's W, which it is close to from 30 values on.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "teacher/provider/text_source.h"

namespace retort {

inline constexpr int kFourier = 32;
using Embedding = std::array<float, kFourier>;

class MmdDetector {
 public:
  // `reference`: honest requests, two at least.
  MmdDetector(std::span<const Features> reference, uint64_t seed);
  double Score(std::span<const Features> window) const;  // two requests at least; larger is stranger

 private:
  Embedding Embed(const Features& request) const;

  std::array<std::array<float, kFourier>, kFeatures> frequency_{};
  Embedding phase_{};
  std::array<double, kFourier> mean_{};
  double mean_norm_ = 0;
};

class PradaDetector {
 public:
  explicit PradaDetector(size_t longest);                // window that will be asked for
  double Score(std::span<const Features> window) const;  // three requests at least; larger is stranger

 private:
  std::vector<std::vector<double>> normal_scores_;  // by the number of distances
};

}  // namespace retort
