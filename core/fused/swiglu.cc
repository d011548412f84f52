#include "core/fused/swiglu.h"

#include "core/fused/vectorised.h"

namespace retort::fused {

RETORT_VECTORISED void SwiGlu(const float* gate_up, float* out, int64_t rows, int64_t f) {
  for (int64_t r = 0; r < rows; ++r, gate_up += 2 * f, out += f) {
    const float* up = gate_up + f;
#pragma omp simd
    for (int64_t i = 0; i < f; ++i) out[i] = gate_up[i] / (1.0F + Exp(-gate_up[i])) * up[i];
  }
}

RETORT_VECTORISED void SwiGluBackward(float* gate_up, float* dout, int64_t rows, int64_t f) {
  for (int64_t r = 0; r < rows; ++r, gate_up += 2 * f, dout += f) {
    float* up = gate_up + f;
#pragma omp simd
    for (int64_t i = 0; i < f; ++i) {
      const float gate = gate_up[i], u = up[i], d = dout[i];
      const float sigmoid = 1.0F / (1.0F + Exp(-gate)), silu = gate * sigmoid;
      gate_up[i] = d * u * (sigmoid + silu * (1.0F - sigmoid));
      up[i] = d * silu;
      dout[i] = silu * u;
    }
  }
}

}  // namespace retort::fused
