#include "core/fused/product.h"

#include <algorithm>

#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

// A whole tile takes twelve of the sixteen registers of AVX2.
template <int R>
RETORT_INLINE void Tile(int64_t k, const Left& a, const float* b, int64_t b_stride, float* c, int64_t c_stride,
                        bool accumulate) {
  float sums[R][kStrip];
  for (int r = 0; r < R; ++r) {
#pragma omp simd
    for (int64_t j = 0; j < kStrip; ++j) sums[r][j] = accumulate ? c[r * c_stride + j] : 0.0F;
  }
  for (int64_t i = 0; i < k; ++i) {
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const float x = a.data[r * a.row_stride + i * a.k_stride];
#pragma omp simd
      for (int64_t j = 0; j < kStrip; ++j) sums[r][j] += x * b[i * b_stride + j];
    }
  }
  for (int r = 0; r < R; ++r) {
#pragma omp simd
    for (int64_t j = 0; j < kStrip; ++j) c[r * c_stride + j] = sums[r][j];
  }
}

// The tile of `rows` <= R rows.
template <int R>
RETORT_INLINE void TileOf(int64_t rows, int64_t k, const Left& a, const float* b, int64_t b_stride, float* c,
                          int64_t c_stride, bool accumulate) {
  if constexpr (R > 1) {
    if (rows < R) {
      TileOf<R - 1>(rows, k, a, b, b_stride, c, c_stride, accumulate);
      return;
    }
  }
  Tile<R>(k, a, b, b_stride, c, c_stride, accumulate);
}

}  // namespace

RETORT_VECTORISED void Product(int64_t rows, int64_t columns, int64_t k, const Left& a, const float* b,
                               int64_t b_stride, float* c, int64_t c_stride, bool accumulate) {
  for (int64_t row = 0; row < rows; row += kTile) {
    const Left part = {a.data + row * a.row_stride, a.row_stride, a.k_stride};
    const int64_t left = std::min(kTile, rows - row);
    for (int64_t j = 0; j < columns; j += kStrip) {
      float* out = c + row * c_stride + j;
      TileOf<kTile>(left, k, part, b + j, b_stride, out, c_stride, accumulate);
    }
  }
}

}  // namespace retort::fused
