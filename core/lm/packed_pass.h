// Forward and backward of the decoder over whole sequences that lie end to end, without padding and without autograd:
// LibTorch's matrix products, core/fused for what lies between them, every buffer made once. What the forward keeps of
// a layer is struct Layer; the norms' outputs, the gated values and attention's probabilities are made again on the way
// back.
//
// For float32 on the CPU, all weights trained: what most cells are. Everything else (adapters, bfloat16, CUDA) runs on
// the plain path, Transformer::Hidden, which is also the reference that this one is tested against.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/lm/rope.h"

namespace retort {

class Transformer;

struct PackedSequences {
  std::vector<int> ids;               // (R) of all sequences
  std::vector<int64_t> begins = {0};  // of each sequence in `ids`, then R
  void Add(const int* first, int64_t count);
};

class PackedPass {
 public:
  static bool Supports(const Transformer& model);
  explicit PackedPass(const Transformer& model);

  // Final normed hidden states, (R, D), which the next call overwrites; the batch must live until Backward.
  at::Tensor Forward(const PackedSequences& batch);
  // Adds to the gradients of all weights (of lm_head only where it is the embedding), given that by the hidden states,
  // (R, D). Once after each Forward, whose results it consumes; after Transformer::EnableGradients.
  void Backward(const at::Tensor& dhidden);

 private:
  struct Layer {
    at::Tensor input;     // (R, D), before input_norm
    at::Tensor raw;       // (R, (H + Hkv) Dh), before query and key norm, where there is one
    at::Tensor qkv;       // (R, (H + 2 Hkv) Dh), positions turned
    at::Tensor mixed;     // (R, H Dh)
    at::Tensor log_sums;  // (R, H), of attention
    at::Tensor middle;    // (R, D), before post_norm
    at::Tensor gate_up;   // (R, 2 F)
  };
  void Reserve(int64_t rows);
  at::Tensor Rows(const at::Tensor& buffer) const { return buffer.narrow(0, 0, rows_); }
  at::Tensor Part(const at::Tensor& buffer, int64_t width) const;  // (R, width)
  void ForRows(int64_t work, const std::function<void(int64_t begin, int64_t end)>& f) const;
  void ForHeads(const std::function<void(int64_t kv_head, int64_t first, int64_t length)>& f) const;
  float eps() const;
  at::Tensor Norm(const at::Tensor& x, const at::Tensor& weight);
  void NormBackward(const at::Tensor& x, const at::Tensor& weight);
  void Rotate(size_t layer);
  void RotateBackward(size_t layer, const at::Tensor& dqkv);

  const Transformer& model_;
  const PackedSequences* batch_ = nullptr;
  int64_t rows_ = 0, capacity_ = 0;
  std::vector<Layer> layers_;
  at::Tensor last_;         // (R, D), before the final norm
  at::Tensor dx_, normed_;  // (R, D)
  at::Tensor wide_;         // (R, max(F, (H + 2 Hkv) Dh))
  RotaryAngles angles_;
  std::vector<RotaryAngles::Row> rows_angles_;
};

}  // namespace retort
