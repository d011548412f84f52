// Assignment 3 (docs/course/3-topk-tail.md): yours to write. The build takes this file as core/fused/known_tokens.cc;
// what it must do stands in the header.
#include "core/fused/known_tokens.h"

#include <cmath>

namespace retort::fused {

double KnownTokensDivergence(float* /*logits*/, int64_t /*vocab*/, const int* /*ids*/, const float* /*known*/,
                             int64_t /*count*/, float /*rest*/, float /*scale*/) {
  return NAN;
}

}  // namespace retort::fused
