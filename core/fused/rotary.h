// Rotary positions (arXiv:2104.09864), in place on the rows that the fused q, k, v product leaves: nothing is split or
// copied.
#pragma once

#include <cstdint>

namespace retort::fused {

// One row of heads x head_dim values, each pair (i, i + head_dim / 2) turned by its angle. cos, sin: (head_dim / 2).
void Rotate(float* row, int64_t heads, int64_t head_dim, const float* cos, const float* sin);
// Turned back: the gradient by what Rotate got, given that by what it left.
void RotateBackward(float* row, int64_t heads, int64_t head_dim, const float* cos, const float* sin);

}  // namespace retort::fused
