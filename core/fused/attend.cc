#include "core/fused/attend.h"

#include <cstddef>

#include "core/fused/softmax.h"
#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

constexpr int kChains = 4;  // sums that run side by side: one alone would wait for each of its additions

// Of C blocks: scores = scale query keys.
template <int C>
RETORT_INLINE void Scores(const float* query, const float* keys, int64_t head_dim, float scale, float* scores) {
  float sums[C][kStrip] = {};
  for (int64_t i = 0; i < head_dim; ++i) {
    const float q = query[i] * scale;
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
#pragma omp simd
      for (int j = 0; j < kStrip; ++j) sums[c][j] += q * keys[(c * head_dim + i) * kStrip + j];
    }
  }
  for (int c = 0; c < C; ++c) {
#pragma omp simd
    for (int j = 0; j < kStrip; ++j) scores[c * kStrip + j] = sums[c][j];
  }
}

// out[0, columns) = p values, columns <= kStrip.
RETORT_INLINE void Mix(const float* p, const float* values, int64_t length, int64_t head_dim, int64_t columns,
                       float* out) {
  float sums[kChains][kStrip] = {};
  int64_t t = 0;
  for (; t + kChains <= length; t += kChains) {
#pragma GCC unroll 4
    for (int c = 0; c < kChains; ++c) {
#pragma omp simd
      for (int j = 0; j < kStrip; ++j) sums[c][j] += p[t + c] * values[(t + c) * head_dim + j];
    }
  }
  for (; t < length; ++t) {
#pragma omp simd
    for (int j = 0; j < kStrip; ++j) sums[0][j] += p[t] * values[t * head_dim + j];
  }
  for (int64_t j = 0; j < columns; ++j) out[j] = (sums[0][j] + sums[1][j]) + (sums[2][j] + sums[3][j]);
}

}  // namespace

RETORT_VECTORISED void Attend(const float* query, const float* keys, const float* values, float* out, int64_t first,
                              int64_t last, int64_t head_dim, float scale, std::vector<float>& scratch) {
  const int64_t begin = first / kStrip * kStrip, end = Padded(last);
  if (static_cast<int64_t>(scratch.size()) < end) scratch.resize(static_cast<size_t>(end));
  float* p = scratch.data();
  int64_t t = begin;
  for (; t + kChains * kStrip <= end; t += kChains * kStrip) {
    Scores<kChains>(query, keys + t * head_dim, head_dim, scale, p + t);
  }
  for (; t < end; t += kStrip) Scores<1>(query, keys + t * head_dim, head_dim, scale, p + t);
  Softmax(p, first, last, begin, end);
  for (int64_t i = 0; i < head_dim; i += kStrip) {
    const int64_t columns = head_dim - i < kStrip ? head_dim - i : kStrip;
    Mix(p + first, values + first * head_dim + i, last - first, head_dim, columns, out + i);
  }
}

}  // namespace retort::fused
