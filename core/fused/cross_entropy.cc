#include "core/fused/cross_entropy.h"

#include <cmath>

#include "core/fused/vectorised.h"

namespace retort::fused {

RETORT_VECTORISED double CrossEntropy(float* logits, const int64_t* targets, int64_t rows, int64_t vocab, float scale) {
  double loss = 0;
  for (int64_t r = 0; r < rows; ++r, logits += vocab) {
    const float target = logits[targets[r]];
    float max = logits[0];
#pragma omp simd reduction(max : max)
    for (int64_t i = 1; i < vocab; ++i) max = logits[i] > max ? logits[i] : max;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < vocab; ++i) {
      const float e = Exp(logits[i] - max);
      logits[i] = e;
      sum += e;
    }
    const float share = scale / sum;
#pragma omp simd
    for (int64_t i = 0; i < vocab; ++i) logits[i] *= share;
    logits[targets[r]] -= scale;
    // A logit that is not finite must show: the clamped exponentials would hide it.
    loss += std::isfinite(max) ? std::log(static_cast<double>(sum)) + max - target : static_cast<double>(NAN);
  }
  return loss;
}

}  // namespace retort::fused
