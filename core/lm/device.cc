#include "core/lm/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>

#include "core/base/error.h"

namespace retort {

void RequireDevice(const std::string& device) {
  if (device == "cpu") return;
  // What cuBLAS needs for the same bits every time; it looks once, when it begins.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);  // NOLINT(concurrency-mt-unsafe)
  // Stays loaded: its registrations are part of LibTorch from now on.
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();  // NOLINT(concurrency-mt-unsafe): thread-local in glibc
    throw Error({},
                fmt::format("device={}: LibTorch's CUDA side cannot be loaded: {}", device,
                            reason != nullptr ? reason : "no reason given"),
                "use a PyTorch with CUDA (scripts/setup --cuda), or device=cpu");
  }
  if (!at::detail::getCUDAHooks().hasCUDA()) {
    // LibTorch looks once for its CUDA side: when it is first asked, by autograd for instance. It may have been too
    // early.
    const auto anew = at::CUDAHooksRegistry()->Create("CUDAHooks", at::CUDAHooksArgs{});
    if (anew != nullptr && anew->hasCUDA()) {
      throw Error({},
                  fmt::format("device={}: this process has already trained on the CPU, and cannot change over", device),
                  "give each device a run of its own");
    }
    throw Error({}, fmt::format("device={}: there is no GPU that CUDA can use", device),
                "look at nvidia-smi, or use device=cpu");
  }
}

SameBitsOn::SameBitsOn(const std::string& device)
    : on_(device != "cpu"),
      before_(at::globalContext().deterministicAlgorithms()),
      warned_before_(at::globalContext().deterministicAlgorithmsWarnOnly()),
      filled_before_(at::globalContext().deterministicFillUninitializedMemory()) {
  if (!on_) return;
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);  // costs time, and nothing here reads such memory
}

SameBitsOn::~SameBitsOn() {
  if (!on_) return;
  at::globalContext().setDeterministicAlgorithms(before_, warned_before_);
  at::globalContext().setDeterministicFillUninitializedMemory(filled_before_);
}

}  // namespace retort
