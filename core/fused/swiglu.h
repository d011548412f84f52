// SwiGLU, silu(gate) * up (arXiv:2002.05202), on the rows that the fused gate, up product leaves.
#pragma once

#include <cstdint>

namespace retort::fused {

// gate_up: (rows, 2 f), out: (rows, f).
void SwiGlu(const float* gate_up, float* out, int64_t rows, int64_t f);

// Both in place, so that backward needs no memory of its own: `gate_up` becomes its gradient, and `dout`, the gradient
// by what SwiGlu left, becomes that output again, which the next weight's gradient wants.
void SwiGluBackward(float* gate_up, float* dout, int64_t rows, int64_t f);

}  // namespace retort::fused
