// The softmax of attention's rows of scores. Rows are short, and ragged ends would cost more than the rest: they are
// worked on in whole strips (core/fused/product.h), whose length the compiler knows.
#pragma once

#include <cstdint>

namespace retort::fused {

// In place: the softmax of row[first, last), and 0 in the rest of [begin, end), which are whole strips around it.
// Returns the logarithm of the sum of exponentials: what SoftmaxAgain wants.
float Softmax(float* row, int64_t first, int64_t last, int64_t begin, int64_t end);

// The same from the same scores, with the sum known.
void SoftmaxAgain(float* row, float log_sum, int64_t first, int64_t last, int64_t begin, int64_t end);

// In place in the strips [begin, end): the gradient by the scores, p (dp - <p, dp>), given that by the probabilities p.
void SoftmaxBackward(const float* p, float* dp, int64_t begin, int64_t end);

}  // namespace retort::fused
