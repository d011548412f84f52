// Small matrix products inside a fused operation, where calling a BLAS would cost more than the work: six rows of
// sixteen columns stay in registers while the shared dimension runs.
#pragma once

#include <cstdint>

namespace retort::fused {

constexpr int64_t kStrip = 16;  // columns made side by side
constexpr int64_t kTile = 6;    // rows
constexpr int64_t Padded(int64_t size) { return (size + kStrip - 1) / kStrip * kStrip; }

// Where a left factor's elements stand: (row, k) at data[row * row_stride + k * k_stride], so that either order is read
// in place.
struct Left {
  const float* data;
  int64_t row_stride, k_stride;
};

// c (+)= a b for (rows, k) times (k, columns). b: rows `b_stride` apart, c: rows `c_stride` apart; both are touched up
// to Padded(columns).
void Product(int64_t rows, int64_t columns, int64_t k, const Left& a, const float* b, int64_t b_stride, float* c,
             int64_t c_stride, bool accumulate);

}  // namespace retort::fused
