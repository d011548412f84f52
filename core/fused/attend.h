// Attention as decoding needs it: one query over what is cached. The cache is laid out for these reads.
#pragma once

#include <cstdint>
#include <vector>

#include "core/fused/product.h"

namespace retort::fused {

// softmax(scale query keys) values over the positions [first, last). keys lie in blocks of kStrip positions, each
// (head_dim, kStrip), so that sixteen scores are made side by side and only what is filled is read; values
// (positions, head_dim), read up to 15 floats beyond. `scratch` grows as needed.
void Attend(const float* query, const float* keys, const float* values, float* out, int64_t first, int64_t last,
            int64_t head_dim, float scale, std::vector<float>& scratch);

// Puts one key, (head_dim), into its place of such blocks.
inline void PutKey(const float* key, int64_t position, int64_t head_dim, float* keys) {
  float* place = keys + position / kStrip * kStrip * head_dim + position % kStrip;
  for (int64_t i = 0; i < head_dim; ++i) place[i * kStrip] = key[i];
}

}  // namespace retort::fused
