#include "core/fused/linear.h"

#include <algorithm>

#include "core/fused/panels.h"
#include "core/fused/vectorised.h"

namespace retort::fused {
namespace {

constexpr int64_t kAhead = 4096;      // bytes
constexpr int64_t kStreamedRows = 3;  // beyond, panels are faster where there are any

RETORT_INLINE float Widened(float x) { return x; }
RETORT_INLINE float Widened(uint16_t x) { return __builtin_bit_cast(float, static_cast<uint32_t>(x) << 16); }

// R rows of x and S rows of the weight, `stride` apart: their sums, of L lanes each, stay in registers.
template <int R, int S, int L, typename W>
RETORT_INLINE void Tile(const float* x, const W* weight, int64_t k, int64_t stride, float* out, int64_t outputs,
                        int64_t out_stride, bool accumulate) {
  float sums[R][S][L] = {};
  int64_t i = 0;
  for (; i + L <= k; i += L) {
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) {
      __builtin_prefetch(reinterpret_cast<const char*>(weight + s * stride + i) + kAhead);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
#pragma omp simd
        for (int j = 0; j < L; ++j) sums[r][s][j] += x[r * k + i + j] * Widened(weight[s * stride + i + j]);
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int s = 0; s < S; ++s) {
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int j = 0; j < L; ++j) sum += sums[r][s][j];
      for (int64_t rest = i; rest < k; ++rest) sum += x[r * k + rest] * Widened(weight[s * stride + rest]);
      const int64_t place = r * outputs + s * out_stride;
      out[place] = accumulate ? out[place] + sum : sum;
    }
  }
}

// The weight's rows are read as S streams from S parts of the range: processors fetch several distant streams ahead
// better than a single one, which they lose at the end of each page.
template <int S, int L, int R, typename W>
RETORT_INLINE void Streams(const float* x, int64_t rows, const W* weight, int64_t k, int64_t begin, int64_t end,
                           float* out, int64_t outputs, bool accumulate) {
  const int64_t part = (end - begin) / S;
  for (int64_t n = begin; n < begin + part; ++n) {
    for (int64_t r = 0; r + R <= rows; r += R) {
      Tile<R, S, L>(x + r * k, weight + n * k, k, part * k, out + r * outputs + n, outputs, part, accumulate);
    }
    for (int64_t r = rows / R * R; R > 1 && r < rows; ++r) {
      Tile<1, S, L>(x + r * k, weight + n * k, k, part * k, out + r * outputs + n, outputs, part, accumulate);
    }
  }
  for (int64_t n = begin + S * part; n < end; ++n) {
    for (int64_t r = 0; r < rows; ++r) {
      Tile<1, 1, L>(x + r * k, weight + n * k, k, 0, out + r * outputs + n, outputs, 0, accumulate);
    }
  }
}

template <typename W>
RETORT_INLINE void Range(const float* x, int64_t rows, const W* weight, int64_t k, int64_t begin, int64_t end,
                         float* out, int64_t outputs, bool accumulate) {
  if (rows == 1 && sizeof(W) == sizeof(float)) {
    Streams<8, 8, 1>(x, rows, weight, k, begin, end, out, outputs, accumulate);
  } else if (rows == 1) {
    Streams<4, 32, 1>(x, rows, weight, k, begin, end, out, outputs, accumulate);
  } else {
    Streams<2, 16, 3>(x, rows, weight, k, begin, end, out, outputs, accumulate);
  }
}

RETORT_VECTORISED void StreamLinear(const float* x, int64_t rows, const float* weight, int64_t k, int64_t begin,
                                    int64_t end, float* out, int64_t outputs, bool accumulate) {
  Range(x, rows, weight, k, begin, end, out, outputs, accumulate);
}

RETORT_VECTORISED void StreamLinear(const float* x, int64_t rows, const uint16_t* weight, int64_t k, int64_t begin,
                                    int64_t end, float* out, int64_t outputs, bool accumulate) {
  Range(x, rows, weight, k, begin, end, out, outputs, accumulate);
}

template <typename W>
void AnyLinear(const float* x, int64_t rows, const W* weight, int64_t k, int64_t begin, int64_t end, float* out,
               int64_t outputs, bool accumulate) {
  if (rows > kStreamedRows && HasPanels()) {
    PanelLinear(x, rows, weight, k, begin, end, out, outputs, accumulate);
  } else {
    StreamLinear(x, rows, weight, k, begin, end, out, outputs, accumulate);
  }
}

}  // namespace

int64_t MostLinearRows(bool narrow) {
  if (HasPanels()) return 128;
  return narrow ? 32 : 8;
}

void Linear(const float* x, int64_t rows, const float* weight, int64_t k, int64_t begin, int64_t end, float* out,
            int64_t outputs, bool accumulate) {
  AnyLinear(x, rows, weight, k, begin, end, out, outputs, accumulate);
}

void Linear(const float* x, int64_t rows, const uint16_t* weight, int64_t k, int64_t begin, int64_t end, float* out,
            int64_t outputs, bool accumulate) {
  AnyLinear(x, rows, weight, k, begin, end, out, outputs, accumulate);
}

}  // namespace retort::fused
