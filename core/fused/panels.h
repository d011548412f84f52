// Some rows times a large matrix, as decoding a batch needs it. Libraries pack the weight anew for every product, which
// pays for hundreds of rows; here a block of it is turned in registers and used while it lies in the nearest cache.
#pragma once

#include <cstdint>

namespace retort::fused {

// Vectors of sixteen floats, as x86-64-v4 has them; without them a library is faster.
bool HasPanels();

// As Linear (linear.h), which calls them. Only where HasPanels().
void PanelLinear(const float* x, int64_t rows, const float* weight, int64_t k, int64_t begin, int64_t end, float* out,
                 int64_t outputs, bool accumulate);
void PanelLinear(const float* x, int64_t rows, const uint16_t* weight, int64_t k, int64_t begin, int64_t end,
                 float* out, int64_t outputs, bool accumulate);

}  // namespace retort::fused
