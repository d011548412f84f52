// What lies between the matrix products of decoding, on plain float arrays: LibTorch's dispatch costs more than the
// work at these sizes. Compiled for several instruction sets and chosen at run time; plain loops that the compiler
// vectorises.
#pragma once

#include <cstdint>

namespace retort::kernels {

// out[r] = x[r] / sqrt(mean(x[r]^2) + eps) * weight, for rows of d values (arXiv:1910.07467).
void RmsNorm(const float* x, const float* weight, float* out, int64_t rows, int64_t d, float eps);

// One row of heads x head_dim values, each pair (i, i + head_dim / 2) turned in place by its angle (arXiv:2104.09864).
// cos, sin: (head_dim / 2).
void Rotate(float* row, int64_t heads, int64_t head_dim, const float* cos, const float* sin);

// out = silu(gate) * up. gate_up: (rows, 2 f), out: (rows, f).
void SwiGlu(const float* gate_up, float* out, int64_t rows, int64_t f);

// Attention of one query head over the first `length` cached positions. keys lie transposed, (head_dim, capacity), so
// that scores of all positions are made side by side; values (capacity, head_dim). scratch: length floats.
void Attend(const float* query, const float* keys, const float* values, float* out, float* scratch, int64_t length,
            int64_t capacity, int64_t head_dim, float scale);

}  // namespace retort::kernels
