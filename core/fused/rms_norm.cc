#include "core/fused/rms_norm.h"

#include <cmath>

#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

RETORT_INLINE float InverseRms(const float* x, int64_t d, float eps) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < d; ++i) sum += x[i] * x[i];
  return 1.0F / std::sqrt(sum / static_cast<float>(d) + eps);
}

}  // namespace

RETORT_VECTORISED void RmsNorm(const float* x, const float* weight, float* y, int64_t rows, int64_t d, float eps) {
  for (int64_t r = 0; r < rows; ++r, x += d, y += d) {
    const float scale = InverseRms(x, d, eps);
#pragma omp simd
    for (int64_t i = 0; i < d; ++i) y[i] = x[i] * scale * weight[i];
  }
}

// With s = 1 / rms and g = dy weight: dx = s g - x s^3 <g, x> / d, dweight = dy x s.
RETORT_VECTORISED void RmsNormBackward(const float* x, const float* weight, const float* dy, float* dx, float* dweight,
                                       float* y, int64_t rows, int64_t d, float eps) {
  for (int64_t r = 0; r < rows; ++r, x += d, dy += d, dx += d, y += d) {
    const float s = InverseRms(x, d, eps);
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t i = 0; i < d; ++i) dot += dy[i] * weight[i] * x[i];
    const float pull = s * s * s * dot / static_cast<float>(d);
#pragma omp simd
    for (int64_t i = 0; i < d; ++i) {
      const float normed = x[i] * s, gradient = dy[i];
      dx[i] += s * gradient * weight[i] - x[i] * pull;
      dweight[i] += gradient * normed;
      y[i] = normed * weight[i];
    }
  }
}

}  // namespace retort::fused
