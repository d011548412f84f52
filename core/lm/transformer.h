// The decoder: pre-norm blocks of grouped-query attention with rotary positions and SwiGLU (Llama, arXiv:2302.13971).
// All parameters are views into one flat buffer, so that clipping and AdamW are one pass over memory; q, k, v and gate,
// up lie fused, so that each is one matrix product. The named views carry Hugging Face's names.
// This is the plain LibTorch path with gradients: the reference for every faster one (core/lm/decoder.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/lm/model_config.h"

namespace retort {

class Transformer {
 public:
  explicit Transformer(const ModelConfig& config);  // zeros
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  // Normal(0, initializer_range) for matrices, ones for norms. The same seed gives the same bits.
  void Initialise(uint64_t seed);

  const ModelConfig& config() const { return config_; }
  // Hugging Face name -> view, in the checkpoint's order; without lm_head.weight if tied. Not leaves: write to them
  // under NoGradGuard only.
  std::vector<std::pair<std::string, at::Tensor>> NamedParameters() const;

  // Everything trainable, and its gradient. decayed = how many leading elements are matrices (weight decay applies);
  // embeddings count as matrices, norms come last.
  at::Tensor flat() const { return flat_; }  // (P)
  int64_t decayed() const { return decayed_; }
  // Makes the leaves require gradients; they accumulate into `flat_grad`, (P), zeroed here.
  void EnableGradients();
  at::Tensor flat_grad() const { return flat_grad_; }

  // ids: (B, T) int64, left-aligned, padded on the right with any valid id. Returns the final normed hidden states
  // (B, T, D). Throws Error for T over max_position_embeddings.
  at::Tensor Hidden(const at::Tensor& ids) const;
  // hidden: (..., D) -> (..., V).
  at::Tensor Logits(const at::Tensor& hidden) const;

  // Weights of one block as leaves, for the decoder.
  struct Block {
    at::Tensor input_norm;  // (D)
    at::Tensor qkv;         // ((H + 2 Hkv) Dh, D)
    at::Tensor o;           // (D, H Dh)
    at::Tensor post_norm;   // (D)
    at::Tensor gate_up;     // (2 F, D)
    at::Tensor down;        // (D, F)
  };
  const std::vector<Block>& blocks() const { return blocks_; }
  const at::Tensor& embed() const { return embed_; }                                             // (V, D)
  const at::Tensor& final_norm() const { return final_norm_; }                                   // (D)
  const at::Tensor& lm_head() const { return config_.tie_word_embeddings ? embed_ : lm_head_; }  // (V, D)

 private:
  ModelConfig config_;
  at::Tensor flat_, flat_grad_;
  int64_t decayed_ = 0;
  at::Tensor embed_, lm_head_, final_norm_;
  std::vector<Block> blocks_;
};

// cos and sin of the rotary positions 0 .. length-1, each (length, Dh / 2), float32 computed in double.
std::pair<at::Tensor, at::Tensor> RotaryTable(const ModelConfig& config, int length);

}  // namespace retort
