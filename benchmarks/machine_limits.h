// What this machine could do at best: the yardsticks that speed_bench stands beside.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "benchmarks/speed_words.h"

namespace retort {

// gemm THREADS D F HEADS KV_HEADS HEAD_DIM LAYERS VOCAB ROWS SUPERVISED_ROWS: the matrix products of one training step.
nlohmann::json Gemm(Words& words);
// bandwidth THREADS MEGABYTES: reading memory.
nlohmann::json Bandwidth(Words& words);

}  // namespace retort
