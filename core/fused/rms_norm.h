// RMSNorm, y = x / sqrt(mean(x^2) + eps) * weight (arXiv:1910.07467), and its gradient, a row in one visit.
#pragma once

#include <cstdint>

namespace retort::fused {

// x, y: (rows, d), may be the same; weight: (d).
void RmsNorm(const float* x, const float* weight, float* y, int64_t rows, int64_t d, float eps);

// Adds to dx (rows, d) and dweight (d) the gradients by x and weight, given dy (rows, d). Writes y (rows, d) once more,
// so that nobody need keep it: may be dy.
void RmsNormBackward(const float* x, const float* weight, const float* dy, float* dx, float* dweight, float* y,
                     int64_t rows, int64_t d, float eps);

}  // namespace retort::fused
