#include "core/fused/known_tokens.h"

#include <cmath>

#include "core/fused/vectorised.h"

namespace retort::fused {

RETORT_VECTORISED double KnownTokensDivergence(float* logits, int64_t vocab, const int* ids, const float* known,
                                               int64_t count, float rest, float scale) {
  float max = logits[0];
#pragma omp simd reduction(max : max)
  for (int64_t i = 1; i < vocab; ++i) max = logits[i] > max ? logits[i] : max;
  double loss = 0;
  float mass = rest;
  for (int64_t i = 0; i < count; ++i) {
    mass += known[i];
    if (known[i] > 0) loss += known[i] * (std::log(static_cast<double>(known[i])) - (logits[ids[i]] - max));
  }
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < vocab; ++i) {
    logits[i] = Exp(logits[i] - max);
    sum += logits[i];
  }
  // The others' own sum, not what is left of the whole: that would cancel. A sign marks what is known.
  float others = 0;
  for (int64_t i = 0; i < count; ++i) logits[ids[i]] = -logits[ids[i]];
#pragma omp simd reduction(+ : others)
  for (int64_t i = 0; i < vocab; ++i) others += logits[i] > 0 ? logits[i] : 0.0F;
  const bool open = rest > 0 && others > 0;
  loss += mass * std::log(static_cast<double>(sum));
  if (open) loss += rest * (std::log(static_cast<double>(rest)) - std::log(static_cast<double>(others)));
  // s - t, where t gives the rest of the teacher's mass to the others as the student does.
  const float of_known = scale * mass / sum, of_others = of_known - (open ? scale * rest / others : 0.0F);
#pragma omp simd
  for (int64_t i = 0; i < vocab; ++i) logits[i] *= logits[i] > 0 ? of_others : -of_known;
  for (int64_t i = 0; i < count; ++i) logits[ids[i]] -= scale * known[i];
  return std::isfinite(max) ? loss : static_cast<double>(NAN);
}

}  // namespace retort::fused
