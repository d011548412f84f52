// The divergence of a student's softmax from what is known of a teacher's, a few tokens and the rest, with its gradient
// in closed form and in place, as fused::CrossEntropy has it. Formula and source: docs/objectives.md, `topk`.
#pragma once

#include <cstdint>

namespace retort::fused {

// KL(T || S) of one row over count + 1 buckets: the tokens `ids`, of teacher's probability `known`, and all others
// together, of `rest`. By the data-processing inequality at most the full KL(T || S).
// logits: (vocab), become scale times the gradient; the loss is returned without scale. ids: (count), all different, in
// any order; known: (count), may be 0; count may be 0. known and rest together are 1 but for rounding; rest is 0 where
// count == vocab. NaN where a logit is NaN or +inf; one of -inf is a token of probability 0.
double KnownTokensDivergence(float* logits, int64_t vocab, const int* ids, const float* known, int64_t count,
                             float rest, float scale);

}  // namespace retort::fused
