#include "core/fused/rotary.h"

#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

RETORT_INLINE void Turn(float* row, int64_t heads, int64_t head_dim, const float* cos, const float* sin, float way) {
  const int64_t half = head_dim / 2;
  for (int64_t h = 0; h < heads; ++h, row += head_dim) {
    float* low = row;
    float* high = row + half;
#pragma omp simd
    for (int64_t i = 0; i < half; ++i) {
      const float a = low[i], b = high[i], s = way * sin[i];
      low[i] = a * cos[i] - b * s;
      high[i] = b * cos[i] + a * s;
    }
  }
}

}  // namespace

RETORT_VECTORISED void Rotate(float* row, int64_t heads, int64_t head_dim, const float* cos, const float* sin) {
  Turn(row, heads, head_dim, cos, sin, 1);
}

RETORT_VECTORISED void RotateBackward(float* row, int64_t heads, int64_t head_dim, const float* cos, const float* sin) {
  Turn(row, heads, head_dim, cos, sin, -1);
}

}  // namespace retort::fused
