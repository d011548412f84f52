// CUDA without linking it: LibTorch's CUDA side is loaded when a run asks for it, so that one binary serves machines
// with and without a GPU, and building it needs no toolkit.
#pragma once

#include <string>

namespace retort {

// "cpu", or "cuda": loads libtorch_cuda.so beside libtorch_cpu.so. Throws Error that says what is missing: the library
// or one that it needs, or a GPU.
void RequireDevice(const std::string& device);

}  // namespace retort
