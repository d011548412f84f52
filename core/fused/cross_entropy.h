// Softmax cross-entropy with its gradient in one visit of each row, in place: the logits of a vocabulary are the
// largest thing that training makes, and are never in memory twice.
#pragma once

#include <cstdint>

namespace retort::fused {

// logits: (rows, vocab), become (softmax - onehot(target)) * scale. targets: (rows). Returns the sum of
// -log softmax[target] over the rows, unscaled, in nats.
double CrossEntropy(float* logits, const int64_t* targets, int64_t rows, int64_t vocab, float scale);

}  // namespace retort::fused
