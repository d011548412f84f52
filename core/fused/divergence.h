// Divergences of a student's softmax from a teacher's, with their gradients by the student's logits in closed form and
// in place, as fused::CrossEntropy has it. Each is sum_i f(s_i, t_i) over a row; its gradient by the logits is
// s (g - <s, g>), g = df/ds. Log-probabilities are kept beside probabilities, and mixtures are taken in ratios, so that
// equal rows give exactly 0. Formulas and sources: docs/objectives.md.
#pragma once

#include <cstdint>

namespace retort::fused {

enum class DivergenceKind {
  kForward,        // KL(T || S)
  kReverse,        // KL(S || T)
  kJensenShannon,  // mix KL(T || M) + (1 - mix) KL(S || M), M = mix T + (1 - mix) S
  kSkewForward,    // KL(T || mix T + (1 - mix) S)
  kSkewReverse,    // KL(S || mix S + (1 - mix) T)
};

struct Divergence {
  DivergenceKind kind = DivergenceKind::kForward;
  float mix = 0;
  float temperature = 1;  // divides the logits of both
};

// logits: (rows, vocab) of the student, become scale times the gradient of the returned sum over the rows, in nats.
// teacher: (rows, vocab), logits. scratch: (vocab).
double DivergenceSum(const Divergence& divergence, float* logits, const float* teacher, int64_t rows, int64_t vocab,
                     float scale, float* scratch);

}  // namespace retort::fused
