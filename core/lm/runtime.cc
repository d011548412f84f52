#include "core/lm/runtime.h"

#include <ATen/Parallel.h>

#include <cassert>

namespace retort {
namespace {

bool reference = false;

}  // namespace

void SetThreads(int threads) { at::set_num_threads(threads); }

void SetNumerics(const std::string& numerics) {
  assert(numerics == "fused" || numerics == "reference");
  reference = numerics == "reference";
}

bool UsesReference() { return reference; }

}  // namespace retort
