// One forward pass over rows of many sequences at once, each row a (sequence, position, token), against their KV
// caches: prompts and single next tokens share a pass, and nothing is padded. Inference only.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/lm/rope.h"

namespace retort {

class Transformer;

// Keys and values of one sequence. Per layer and key-value head: capacity x Dh keys in
// blocks as core/fused/attend.h has them, then values (capacity, Dh).
struct KvCache {
  KvCache(const Transformer& model, int64_t positions);
  int64_t capacity = 0;
  int64_t length = 0;    // positions filled
  std::vector<int> ids;  // of these, on the reference path alone, which has no other cache
  std::vector<float> data;
};

struct RaggedRow {
  KvCache* cache;
  int64_t position;  // rows of one cache come in ascending order, starting at its length
  int token;
};

class RaggedForward {
 public:
  explicit RaggedForward(const Transformer& model);
  // Final normed hidden states (R, D). Advances each cache's length.
  at::Tensor Run(const std::vector<RaggedRow>& rows);

 private:
  at::Tensor Reference(const std::vector<RaggedRow>& rows);

  const Transformer& model_;
  RotaryAngles angles_;
};

}  // namespace retort
