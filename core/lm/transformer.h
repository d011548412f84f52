// The decoder: pre-norm blocks of grouped-query attention with rotary positions and SwiGLU (Llama, arXiv:2302.13971),
// with what its relatives add: biases (Qwen2), query and key norms (Qwen3), a sliding window (Mistral).
// All parameters are views into one flat buffer (two where matrices are narrow), so that clipping and AdamW are one
// pass over memory; q, k, v and gate, up lie fused, so that each is one matrix product. The named views carry Hugging
// Face's names. This is the plain LibTorch path with gradients: the reference for every faster one (core/lm/decoder.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/lm/model_config.h"

namespace retort {

class LoraAdapters;
enum class Projection;
struct LoraConfig;

class Transformer {
 public:
  // Zeros. Matrices are bfloat16 if `narrow`, for answering alone: decoding reads half as much.
  explicit Transformer(const ModelConfig& config, bool narrow = false);
  ~Transformer();
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  // Normal(0, initializer_range) for matrices, ones for norms, zeros for biases. The same seed gives the same bits.
  void Initialise(uint64_t seed);

  const ModelConfig& config() const { return config_; }
  bool narrow() const { return narrow_.defined(); }
  // Makes narrow matrices float32, which all but decoding needs.
  void Widen();
  // Hugging Face name -> view, in the checkpoint's order; without lm_head.weight if tied. Not leaves: write to them
  // under NoGradGuard only.
  std::vector<std::pair<std::string, at::Tensor>> NamedParameters() const;

  // All weights, float32. decayed = how many leading elements are matrices (weight decay applies);
  // embeddings count as matrices; norms follow, then biases.
  at::Tensor flat() const { return flat_; }  // (P); norms and biases alone while matrices are narrow
  int64_t decayed() const { return config_.MatrixParameterCount(); }
  // Low-rank adapters beside the weights, which are frozen from then on; core/lm/lora.h. Decoding does not see them
  // until they are merged: added to the weights, and gone.
  void AddAdapters(const LoraConfig& config, uint64_t seed);
  void MergeAdapters();
  // The same network with the adapters merged, in float32 on the CPU: what decoding can use while training goes on.
  std::unique_ptr<Transformer> MergedCopy() const;
  LoraAdapters* adapters() const { return adapters_.get(); }

  // Matrix products of Hidden and Logits in bfloat16, all else in float32; on a GPU attention too, and what comes of
  // either stays bfloat16 up to the next sum or norm, as torch.autocast has it. Weights, gradients and an optimizer's
  // moments stay float32.
  void UseBfloat16(bool on) { bfloat16_ = on; }
  bool bfloat16() const { return bfloat16_; }
  // Moves weights and adapters; gradients are gone, and must be enabled again. Decoding needs the CPU.
  void To(const std::string& device);

  // What is trained, all weights or the adapters alone, and its gradient, (P) each.
  struct Trainable {
    at::Tensor flat, grad;
    int64_t decayed;
  };
  Trainable trainable() const;
  // Makes the leaves of what is trained require gradients; they accumulate into trainable().grad, zeroed here.
  void EnableGradients();

  // ids: (B, T) int64, left-aligned, padded on the right with any valid id. Returns the final normed hidden states
  // (B, T, D). Throws Error for T over config().MaxPositions().
  at::Tensor Hidden(const at::Tensor& ids) const;
  // hidden: (..., D) -> (..., V).
  at::Tensor Logits(const at::Tensor& hidden) const;

  // Weights of one block as leaves, for the decoder. Not defined: what the architecture lacks.
  struct Block {
    at::Tensor input_norm;              // (D)
    at::Tensor qkv;                     // ((H + 2 Hkv) Dh, D)
    at::Tensor o;                       // (D, H Dh)
    at::Tensor post_norm;               // (D)
    at::Tensor gate_up;                 // (2 F, D)
    at::Tensor down;                    // (D, F)
    at::Tensor q_norm, k_norm;          // (Dh)
    at::Tensor qkv_bias, gate_up_bias;  // ((H + 2 Hkv) Dh), (2 F)
    at::Tensor o_bias, down_bias;       // (D)
  };
  const std::vector<Block>& blocks() const { return blocks_; }
  const at::Tensor& embed() const { return embed_; }                                             // (V, D)
  const at::Tensor& final_norm() const { return final_norm_; }                                   // (D)
  const at::Tensor& lm_head() const { return config_.tie_word_embeddings ? embed_ : lm_head_; }  // (V, D)

 private:
  void AddAdaptersTo(const Transformer& target) const;
  void MakeViews();  // of flat_
  // x W^T + bias
  at::Tensor Multiply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const;
  // That, and what the adapters of these maps, whose weights lie side by side in W, add.
  at::Tensor Project(size_t layer, std::initializer_list<Projection> maps, const at::Tensor& x,
                     const at::Tensor& weight, const at::Tensor& bias) const;

  // Attention over q (B, H, T, Dh), k and v (B, Hkv, T, Dh): causal, or where mask (T, T) is true. (B, H, T, Dh).
  at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask) const;

  ModelConfig config_;
  at::Tensor narrow_;  // the matrices, where these are bfloat16; flat_ is the rest then
  at::Tensor flat_, flat_grad_;
  int64_t biases_ = 0;  // where they begin
  at::Tensor embed_, lm_head_, final_norm_;
  std::vector<Block> blocks_;
  std::unique_ptr<LoraAdapters> adapters_;
  bool bfloat16_ = false;
};

}  // namespace retort
