#include "core/fused/panels.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "core/fused/vectorised.h"

namespace retort::fused {

#if defined(__x86_64__) && defined(__GNUC__)

// What is turned in registers cannot be left to the compiler's loops, so that this one file has a target of its own.
#define RETORT_WIDE __attribute__((target("arch=x86-64-v4")))

namespace {

constexpr int kLanes = 16;
constexpr int64_t kDepth = 128;  // of the shared dimension: a turned block of 8 kB
using Vector = float __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32)));
using Words = uint32_t __attribute__((vector_size(64)));
using Block = float[kLanes][kLanes];

RETORT_WIDE RETORT_INLINE Vector Load(const float* from) {
  Vector v;
  __builtin_memcpy(&v, from, sizeof(v));
  return v;
}

RETORT_WIDE RETORT_INLINE Vector Load(const uint16_t* from) {  // bfloat16
  Halves halves;
  __builtin_memcpy(&halves, from, sizeof(halves));
  return __builtin_bit_cast(Vector, __builtin_convertvector(halves, Words) << 16);
}

RETORT_WIDE RETORT_INLINE void Store(Vector v, float* to) { __builtin_memcpy(to, &v, sizeof(v)); }

// Of a 2 x 2 matrix of blocks of H lanes, the two off the diagonal change places.
template <int H, int... I>
RETORT_WIDE RETORT_INLINE void Exchange(Vector& a, Vector& b, std::integer_sequence<int, I...> /*lanes*/) {
  const Vector first = __builtin_shufflevector(a, b, ((I & H) != 0 ? kLanes + I - H : I)...);
  b = __builtin_shufflevector(a, b, ((I & H) != 0 ? kLanes + I : I + H)...);
  a = first;
}

template <int H>
RETORT_WIDE RETORT_INLINE void Stage(Vector (&v)[kLanes]) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & H) == 0) Exchange<H>(v[i], v[i + H], std::make_integer_sequence<int, kLanes>());
  }
}

// to[i][j] = from[j * stride + i], for j < rows and i < columns; else 0.
template <typename W>
RETORT_WIDE RETORT_INLINE void Turn(const W* from, int64_t stride, int64_t rows, int64_t columns, float* to) {
  W part[kLanes][kLanes];
  if (rows < kLanes || columns < kLanes) {
    for (int j = 0; j < kLanes; ++j) {
      for (int i = 0; i < kLanes; ++i) part[j][i] = j < rows && i < columns ? from[j * stride + i] : W{};
    }
    from = &part[0][0];
    stride = kLanes;
  }
  Vector v[kLanes];
#pragma GCC unroll 16
  for (int j = 0; j < kLanes; ++j) {
    __builtin_prefetch(from + (kLanes + j) * stride, 0, 2);  // the next panel; processors lose sixteen streams
    v[j] = Load(from + j * stride);
  }
  Stage<8>(v);
  Stage<4>(v);
  Stage<2>(v);
  Stage<1>(v);
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) Store(v[i], to + i * kLanes);
}

// sums[r] += Σ_i x[i][r] weight[i], for R rows.
template <int R>
RETORT_WIDE RETORT_INLINE void Multiply(const float* x, const float* weight, int64_t depth, Vector* sums) {
  Vector s[R];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) s[r] = sums[r];
  for (int64_t i = 0; i < depth; ++i) {
    const Vector w = Load(weight + i * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) s[r] += x[i * kLanes + r] * w;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) sums[r] = s[r];
}

RETORT_WIDE RETORT_INLINE void MultiplyRows(int64_t rows, const float* x, const float* weight, int64_t depth,
                                            Vector* sums) {
  if (rows > 12) {
    Multiply<16>(x, weight, depth, sums);
  } else if (rows > 8) {
    Multiply<12>(x, weight, depth, sums);
  } else if (rows > 4) {
    Multiply<8>(x, weight, depth, sums);
  } else {
    Multiply<4>(x, weight, depth, sums);
  }
}

// Both factors are turned, so that sixteen outputs of a row lie side by side and no sum runs across a vector.
template <typename W>
RETORT_WIDE RETORT_INLINE void Panels(const float* x, int64_t rows, const W* weight, int64_t k, int64_t begin,
                                      int64_t end, float* out, int64_t outputs, bool accumulate) {
  const int64_t groups = (rows + kLanes - 1) / kLanes, depth = (k + kLanes - 1) / kLanes * kLanes;
  const auto turned = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(groups * depth * kLanes));
  for (int64_t g = 0; g < groups; ++g) {
    for (int64_t i = 0; i < k; i += kLanes) {
      Turn(x + g * kLanes * k + i, k, std::min<int64_t>(kLanes, rows - g * kLanes), std::min<int64_t>(kLanes, k - i),
           turned.get() + (g * depth + i) * kLanes);
    }
  }
  const auto sums = std::make_unique_for_overwrite<Vector[]>(static_cast<size_t>(groups * kLanes));
  alignas(64) float block[kDepth * kLanes];
  for (int64_t n = begin; n < end; n += kLanes) {
    const int64_t width = std::min<int64_t>(kLanes, end - n);
    std::fill_n(sums.get(), groups * kLanes, Vector{});
    for (int64_t d = 0; d < depth; d += kDepth) {
      const int64_t part = std::min(kDepth, depth - d);
      for (int64_t i = 0; i < part; i += kLanes) {
        Turn(weight + n * k + d + i, k, width, std::min<int64_t>(kLanes, k - d - i), block + i * kLanes);
      }
      for (int64_t g = 0; g < groups; ++g) {
        MultiplyRows(rows - g * kLanes, turned.get() + (g * depth + d) * kLanes, block, part, &sums[g * kLanes]);
      }
    }
    for (int64_t r = 0; r < rows; ++r) {
      float* to = out + r * outputs + n;
      if (width == kLanes) {
        Store(accumulate ? Load(to) + sums[r] : sums[r], to);
        continue;
      }
      for (int64_t i = 0; i < width; ++i) to[i] = accumulate ? to[i] + sums[r][i] : sums[r][i];
    }
  }
}

}  // namespace

bool HasPanels() {
  static const bool has = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512cd") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0;  // x86-64-v4
  return has;
}

RETORT_WIDE void PanelLinear(const float* x, int64_t rows, const float* weight, int64_t k, int64_t begin, int64_t end,
                             float* out, int64_t outputs, bool accumulate) {
  Panels(x, rows, weight, k, begin, end, out, outputs, accumulate);
}

RETORT_WIDE void PanelLinear(const float* x, int64_t rows, const uint16_t* weight, int64_t k, int64_t begin,
                             int64_t end, float* out, int64_t outputs, bool accumulate) {
  Panels(x, rows, weight, k, begin, end, out, outputs, accumulate);
}

#else

bool HasPanels() { return false; }
void PanelLinear(const float*, int64_t, const float*, int64_t, int64_t, int64_t, float*, int64_t, bool) {
  assert(false);
}
void PanelLinear(const float*, int64_t, const uint16_t*, int64_t, int64_t, int64_t, float*, int64_t, bool) {
  assert(false);
}

#endif

}  // namespace retort::fused
