#include "core/lm/kernels.h"

#include <cmath>

// Not compiled with -ffast-math, which would fold the rounding in Exp away; the sums that may be reordered say so.
// Function versions for AVX-512 and AVX2 machines beside the baseline; the loader picks one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define RETORT_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RETORT_VECTORISED
#endif

namespace retort::kernels {
namespace {

// exp(x) for x <= 0 or moderate x, about 1e-7 relative: 2^n times a degree-6 polynomial on |f| <= 1/2 (Cephes' expf).
// Branch-free, so that loops over it vectorise.
inline __attribute__((always_inline)) float Exp(float x) {
  x = x < -87.0F ? -87.0F : (x > 88.0F ? 88.0F : x);
  const float shifted = x * 1.44269504F + 12582912.0F;  // 1.5 * 2^23: rounds to an integer in the low bits
  const float n = shifted - 12582912.0F;
  const float f = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * f + 1.3981999507e-3F;
  p = p * f + 8.3334519073e-3F;
  p = p * f + 4.1665795894e-2F;
  p = p * f + 1.6666665459e-1F;
  p = p * f + 5.0000001201e-1F;
  p = p * f * f + f + 1.0F;
  return p * __builtin_bit_cast(float, (static_cast<int32_t>(n) + 127) << 23);  // std::bit_cast: a call, so no vectors
}

}  // namespace

RETORT_VECTORISED void RmsNorm(const float* x, const float* weight, float* out, int64_t rows, int64_t d, float eps) {
  for (int64_t r = 0; r < rows; ++r, x += d, out += d) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < d; ++i) sum += x[i] * x[i];
    const float scale = 1.0F / std::sqrt(sum / static_cast<float>(d) + eps);
    for (int64_t i = 0; i < d; ++i) out[i] = x[i] * scale * weight[i];
  }
}

RETORT_VECTORISED void Rotate(float* row, int64_t heads, int64_t head_dim, const float* cos, const float* sin) {
  const int64_t half = head_dim / 2;
  for (int64_t h = 0; h < heads; ++h, row += head_dim) {
    float* low = row;
    float* high = row + half;
    for (int64_t i = 0; i < half; ++i) {
      const float a = low[i], b = high[i];
      low[i] = a * cos[i] - b * sin[i];
      high[i] = b * cos[i] + a * sin[i];
    }
  }
}

RETORT_VECTORISED void SwiGlu(const float* gate_up, float* out, int64_t rows, int64_t f) {
  for (int64_t r = 0; r < rows; ++r, gate_up += 2 * f, out += f) {
    const float* up = gate_up + f;
    for (int64_t i = 0; i < f; ++i) out[i] = gate_up[i] / (1.0F + Exp(-gate_up[i])) * up[i];
  }
}

RETORT_VECTORISED void Attend(const float* query, const float* keys, const float* values, float* out, float* scratch,
                              int64_t length, int64_t capacity, int64_t head_dim, float scale) {
  for (int64_t t = 0; t < length; ++t) scratch[t] = 0;
  for (int64_t i = 0; i < head_dim; ++i) {
    const float q = query[i] * scale;
    const float* key = keys + i * capacity;
    for (int64_t t = 0; t < length; ++t) scratch[t] += q * key[t];
  }
  float max = scratch[0];
#pragma omp simd reduction(max : max)
  for (int64_t t = 1; t < length; ++t) max = scratch[t] > max ? scratch[t] : max;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t t = 0; t < length; ++t) {
    scratch[t] = Exp(scratch[t] - max);
    sum += scratch[t];
  }
  for (int64_t i = 0; i < head_dim; ++i) out[i] = 0;
  const float inverse = 1.0F / sum;
  for (int64_t t = 0; t < length; ++t) {
    const float p = scratch[t] * inverse;
    const float* value = values + t * head_dim;
    for (int64_t i = 0; i < head_dim; ++i) out[i] += p * value[i];
  }
}

}  // namespace retort::kernels
