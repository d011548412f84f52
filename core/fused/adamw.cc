#include "core/fused/adamw.h"

#include <algorithm>
#include <cmath>

#include "core/fused/vectorised.h"

namespace retort::fused {

RETORT_VECTORISED double SumOfSquares(const float* x, int64_t size) {
  constexpr int64_t kBlock = 4096;  // summed in float, the blocks in double
  double total = 0;
  for (int64_t begin = 0; begin < size; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, size);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = begin; i < end; ++i) sum += x[i] * x[i];
    total += static_cast<double>(sum);
  }
  return total;
}

RETORT_VECTORISED void AdamW(float* parameters, float* gradient, float* first, float* second, int64_t size,
                             const AdamWStep& step) {
  const auto count = static_cast<double>(step.step);
  const auto keep = static_cast<float>(1 - step.learning_rate * step.weight_decay);
  const auto rate = static_cast<float>(step.learning_rate / (1 - std::pow(step.beta1, count)));
  const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(step.beta2, count)));
  const auto new1 = static_cast<float>(1 - step.beta1);
  const auto beta2 = static_cast<float>(step.beta2), new2 = static_cast<float>(1 - step.beta2);
  const auto epsilon = static_cast<float>(step.epsilon), scale = static_cast<float>(step.gradient_scale);
#pragma omp simd
  for (int64_t i = 0; i < size; ++i) {
    const float g = gradient[i] * scale;
    const float m = first[i] + new1 * (g - first[i]);
    const float v = beta2 * second[i] + new2 * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = parameters[i] * keep - rate * m / (std::sqrt(v) * root + epsilon);
    gradient[i] = 0;
  }
}

}  // namespace retort::fused
