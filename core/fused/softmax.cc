#include "core/fused/softmax.h"

#include <algorithm>
#include <cmath>

#include "core/fused/product.h"
#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

// f(strip, j, seen): each place of the strips [begin, Padded(last)), and whether it lies in [first, last).
template <typename F>
RETORT_INLINE void ForPlaces(int64_t first, int64_t last, int64_t begin, const F& f) {
  for (int64_t strip = begin; strip < last; strip += kStrip) {
    const auto from = static_cast<int>(first - strip), to = static_cast<int>(last - strip);
#pragma omp simd
    for (int j = 0; j < kStrip; ++j) f(strip + j, j, (j >= from) & (j < to));
  }
}

RETORT_INLINE float Sum(const float* values) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int j = 0; j < kStrip; ++j) sum += values[j];
  return sum;
}

}  // namespace

RETORT_VECTORISED float Softmax(float* row, int64_t first, int64_t last, int64_t begin, int64_t end) {
  float highest[kStrip], sums[kStrip] = {};
  std::fill(highest, highest + kStrip, row[first]);
  ForPlaces(first, last, begin, [&](int64_t t, int j, bool seen) {
    const float value = seen ? row[t] : row[first];
    highest[j] = value > highest[j] ? value : highest[j];
  });
  float max = highest[0];
#pragma omp simd reduction(max : max)
  for (int j = 0; j < kStrip; ++j) max = highest[j] > max ? highest[j] : max;
  ForPlaces(first, last, begin, [&](int64_t t, int j, bool seen) {
    row[t] = seen ? Exp(row[t] - max) : 0.0F;
    sums[j] += row[t];
  });
  const float sum = Sum(sums), share = 1.0F / sum;
#pragma omp simd
  for (int64_t t = begin; t < Padded(last); ++t) row[t] *= share;
  std::fill(row + Padded(last), row + end, 0.0F);
  return max + std::log(sum);
}

RETORT_VECTORISED void SoftmaxAgain(float* row, float log_sum, int64_t first, int64_t last, int64_t begin,
                                    int64_t end) {
  ForPlaces(first, last, begin, [&](int64_t t, int, bool seen) { row[t] = seen ? Exp(row[t] - log_sum) : 0.0F; });
  std::fill(row + Padded(last), row + end, 0.0F);
}

RETORT_VECTORISED void SoftmaxBackward(const float* p, float* dp, int64_t begin, int64_t end) {
  float sums[kStrip] = {};
  ForPlaces(begin, end, begin, [&](int64_t t, int j, bool) { sums[j] += p[t] * dp[t]; });
  const float dot = Sum(sums);
  ForPlaces(begin, end, begin, [&](int64_t t, int, bool) { dp[t] = p[t] * (dp[t] - dot); });
}

}  // namespace retort::fused
