// Which arithmetic this process does: what identifies it in hashes, and the switch between the two paths that must
// agree. One for the process, since everything that computes must take the same.
#pragma once

#include <string>

namespace retort {

// `name` is one of
//   fused      the paths made for speed: core/fused, core/lm/packed_pass.h, core/lm/ragged_forward.h
//   reference  plain LibTorch throughout, Transformer::Hidden with autograd and without caches: slow, and what the
//              other is measured by; they differ in the last digits
void SetNumerics(const std::string& name);
bool UsesReference();

// Part of every cell's and collection's hash: a number that is raised whenever the same config would give other
// results, and the path.
std::string NumericsVersion();

}  // namespace retort
