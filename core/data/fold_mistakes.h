// Digit folds as somebody holds them who learnt a few facts wrongly, and errs the same way each time, as real models
// do.
#pragma once

#include <cstdint>

#include "core/data/folds.h"

namespace retort {

// The operation with facts that are held wrongly, drawn one after the other until about `error_rate` of its items (4 to
// 8 digits) come out wrong, in [2/3, 4/3] of it where that can be had. Seed 0 gives the mistakes of the shipped
// teachers: those of a higher rate hold most of those of a lower one.
FoldOp WithWrongFacts(FoldOp op, double error_rate, uint64_t seed = 0);

}  // namespace retort
