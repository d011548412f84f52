// CUDA without linking it: LibTorch's CUDA side is loaded when a run asks for it, so that one binary serves machines
// with and without a GPU, and building it needs no toolkit.
#pragma once

#include <string>

namespace retort {

// "cpu", or "cuda": loads libtorch_cuda.so beside libtorch_cpu.so. Throws Error that says what is missing: the library
// or one that it needs, or a GPU. To be called before anything in this process uses autograd or seeds LibTorch's
// random numbers: LibTorch looks for a GPU once, and where it found none it never will (that is an Error too). Training
// and answering on the fused paths do not make it look.
void RequireDevice(const std::string& device);

// While it lives a GPU computes the same bits every time, by the slower of two kernels where there are two. A CPU does
// so anyway.
class SameBitsOn {
 public:
  explicit SameBitsOn(const std::string& device);
  ~SameBitsOn();
  SameBitsOn(const SameBitsOn&) = delete;
  SameBitsOn& operator=(const SameBitsOn&) = delete;

 private:
  bool on_, before_, warned_before_, filled_before_;
};

}  // namespace retort
