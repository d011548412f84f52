// In double, and in three passes: the sums, the loss, the gradient. The product's own is four times faster in float;
// this one says the formula.
#include "core/fused/known_tokens.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace retort::fused {

double KnownTokensDivergence(float* logits, int64_t vocab, const int* ids, const float* known, int64_t count,
                             float rest, float scale) {
  std::vector<char> is_known(static_cast<size_t>(vocab), 0);
  for (int64_t i = 0; i < count; ++i) is_known[static_cast<size_t>(ids[i])] = 1;
  // Each sum from its own largest logit, so that nothing overflows and a small tail is not lost beside the whole.
  double max = -INFINITY, max_others = -INFINITY;
  bool finite = true;
  for (int64_t i = 0; i < vocab; ++i) {
    finite = finite && logits[i] < INFINITY;  // false of NaN; -inf is a token of probability 0
    max = std::max(max, static_cast<double>(logits[i]));
    if (!is_known[static_cast<size_t>(i)]) max_others = std::max(max_others, static_cast<double>(logits[i]));
  }
  if (!finite) return NAN;
  double sum = 0, sum_others = 0;
  for (int64_t i = 0; i < vocab; ++i) {
    sum += std::exp(logits[i] - max);
    if (!is_known[static_cast<size_t>(i)]) sum_others += std::exp(logits[i] - max_others);
  }
  const double log_sum = max + std::log(sum);
  const bool open = rest > 0 && count < vocab;
  const double log_others = open ? max_others + std::log(sum_others) - log_sum : 0;  // log S(rest)

  double loss = 0, mass = rest;
  for (int64_t i = 0; i < count; ++i) {
    const double t = known[i];
    mass += t;
    if (t > 0) loss += t * (std::log(t) - (logits[ids[i]] - log_sum));
  }
  if (open) loss += rest * (std::log(static_cast<double>(rest)) - log_others);
  if (!open) mass -= rest;

  // d/dz of -sum t log s is mass * s - t; the rest's t is shared among the others as the student shares it.
  for (int64_t i = 0; i < vocab; ++i) {
    const double log_s = logits[i] - log_sum;
    double slope = mass * std::exp(log_s);
    if (open && !is_known[static_cast<size_t>(i)]) slope -= rest * std::exp(log_s - log_others);
    logits[i] = static_cast<float>(slope);
  }
  for (int64_t i = 0; i < count; ++i) logits[ids[i]] -= known[i];
  for (int64_t i = 0; i < vocab; ++i) logits[i] *= scale;
  return loss;
}

}  // namespace retort::fused
