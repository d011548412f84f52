// AdamW (arXiv:1711.05101) over flat arrays, as PyTorch computes it: clipping, decay, moments, update and the zeroing
// of the gradient in one visit of memory.
#pragma once

#include <cstdint>

namespace retort::fused {

double SumOfSquares(const float* x, int64_t size);

struct AdamWStep {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  double gradient_scale = 1;  // of clipping
  int64_t step;               // 1 for the first: corrects the moments' bias
};
// All of (size). `gradient` is 0 afterwards.
void AdamW(float* parameters, float* gradient, float* first, float* second, int64_t size, const AdamWStep& step);

}  // namespace retort::fused
