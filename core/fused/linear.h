// Few rows times a large matrix, as decoding needs it: bound by reading the weights, so that these are read once, in
// the type in which they are stored.
#pragma once

#include <cstdint>

namespace retort::fused {

// out[r][n] (+)= <x[r], weight[n]> for n in [begin, end). x: (rows, k); weight: (outputs, k), float or bfloat16 (as the
// upper halves of floats); out: (rows, outputs).
void Linear(const float* x, int64_t rows, const float* weight, int64_t k, int64_t begin, int64_t end, float* out,
            int64_t outputs, bool accumulate);
void Linear(const float* x, int64_t rows, const uint16_t* weight, int64_t k, int64_t begin, int64_t end, float* out,
            int64_t outputs, bool accumulate);

// Rows beyond which a library is as fast (a narrow weight: beyond which it pays to widen it first).
int64_t MostLinearRows(bool narrow);

}  // namespace retort::fused
