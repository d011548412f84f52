// Causal attention with grouped queries over the short sequences that students see: a sequence's scores stay in cache,
// a block of queries at a time, what is hidden is skipped, and one number a query and head is kept for the gradient.
#pragma once

#include <cstdint>
#include <vector>

namespace retort::fused {

struct AttentionShape {
  int64_t heads, kv_heads, head_dim;
  int64_t window = 0;  // a position sees itself and window - 1 before it; 0: all before it
  float scale;         // 1 / sqrt(head_dim)
  int64_t width() const { return (heads + 2 * kv_heads) * head_dim; }  // of a row of q, k, v
  int64_t group() const { return heads / kv_heads; }
};

// The query heads that share one key-value head, over one sequence. qkv: (length, width) with positions turned;
// out: (length, heads head_dim) and log_sums: (length, heads), of which the group's columns are written. `scratch`
// grows as needed.
void AttentionForward(const AttentionShape& shape, int64_t kv_head, int64_t length, const float* qkv, float* out,
                      float* log_sums, std::vector<float>& scratch);
// Writes the gradients by the group's queries, keys and values into dqkv, given what the forward left, and dout.
void AttentionBackward(const AttentionShape& shape, int64_t kv_head, int64_t length, const float* qkv,
                       const float* log_sums, const float* dout, float* dqkv, std::vector<float>& scratch);

}  // namespace retort::fused
