#include "core/lm/device.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "core/base/error.h"

namespace retort {

void RequireDevice(const std::string& device) {
  if (device == "cpu") return;
  // Stays loaded: its registrations are part of LibTorch from now on.
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();  // NOLINT(concurrency-mt-unsafe): thread-local in glibc
    throw Error({},
                fmt::format("device={}: LibTorch's CUDA side cannot be loaded: {}", device,
                            reason != nullptr ? reason : "no reason given"),
                "use a PyTorch with CUDA (scripts/setup --cuda), or device=cpu");
  }
  if (!at::detail::getCUDAHooks().hasCUDA()) {
    throw Error({}, fmt::format("device={}: there is no GPU that CUDA can use", device),
                "look at nvidia-smi, or use device=cpu");
  }
}

}  // namespace retort
