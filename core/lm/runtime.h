// How this process computes: on how many threads, and on which of the two paths that must agree.
#pragma once

#include <string>

namespace retort {

// Threads of LibTorch in this process.
void SetThreads(int threads);

// "fused": the paths made for speed (core/fused, core/lm/packed_pass.h, core/lm/ragged_forward.h). "reference": plain
// LibTorch throughout, Transformer::Hidden with autograd and without caches: slow, and the measure of the other. They
// differ in the last digits.
void SetNumerics(const std::string& numerics);
bool UsesReference();

}  // namespace retort
