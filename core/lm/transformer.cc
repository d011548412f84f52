#include "core/lm/transformer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/generated/variable_factories.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/random.h"

namespace retort {
namespace {

// x: (B, T, N, Dh) -> the same, each pair (i, i + Dh/2) turned by its position's angle. cos, sin: (T, Dh / 2).
at::Tensor Rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const int64_t half = x.size(3) / 2;
  const at::Tensor a = x.narrow(3, 0, half), b = x.narrow(3, half, half);
  const at::Tensor c = cos.unsqueeze(1), s = sin.unsqueeze(1);  // (T, 1, Dh / 2)
  return at::cat({a * c - b * s, b * c + a * s}, 3);
}

}  // namespace

std::pair<at::Tensor, at::Tensor> RotaryTable(const ModelConfig& config, int length) {
  const int half = config.head_dim / 2;
  at::Tensor cos = at::empty({length, half}), sin = at::empty({length, half});
  float* c = cos.mutable_data_ptr<float>();
  float* s = sin.mutable_data_ptr<float>();
  for (int i = 0; i < half; ++i) {
    // The reference computes frequency and angle in float32; so do we, since sin of a large angle shows the difference.
    const auto frequency =
        static_cast<float>(1.0 / std::pow(config.rope_theta, 2.0 * i / static_cast<double>(config.head_dim)));
    for (int t = 0; t < length; ++t) {
      const float angle = static_cast<float>(t) * frequency;
      c[t * half + i] = static_cast<float>(std::cos(static_cast<double>(angle)));
      s[t * half + i] = static_cast<float>(std::sin(static_cast<double>(angle)));
    }
  }
  return {cos, sin};
}

Transformer::Transformer(const ModelConfig& config) : config_(config) {
  const int64_t d = config.hidden_size, f = config.intermediate_size, v = config.vocab_size;
  const int64_t q = int64_t{config.num_attention_heads} * config.head_dim;
  const int64_t kv = int64_t{config.num_key_value_heads} * config.head_dim;
  const int64_t total = config.ParameterCount();
  flat_ = at::zeros({total});
  int64_t offset = 0;
  // A leaf of its own that shares the buffer's memory.
  const auto take = [&](std::initializer_list<int64_t> shape) {
    int64_t size = 1;
    for (const int64_t extent : shape) size *= extent;
    at::Tensor view = flat_.narrow(0, offset, size).view(at::IntArrayRef(shape)).detach();
    offset += size;
    return view;
  };
  embed_ = take({v, d});
  if (!config.tie_word_embeddings) lm_head_ = take({v, d});
  blocks_.resize(static_cast<size_t>(config.num_hidden_layers));
  for (Block& block : blocks_) {
    block.qkv = take({q + 2 * kv, d});
    block.o = take({d, q});
    block.gate_up = take({2 * f, d});
    block.down = take({d, f});
  }
  decayed_ = offset;
  for (Block& block : blocks_) {
    block.input_norm = take({d});
    block.post_norm = take({d});
  }
  final_norm_ = take({d});
}

void Transformer::Initialise(uint64_t seed) {
  const at::NoGradGuard no_grad;
  RandomStream random(seed, "transformer/init");
  float* data = flat_.mutable_data_ptr<float>();
  for (int64_t i = 0; i < decayed_; ++i) data[i] = static_cast<float>(config_.initializer_range * random.Normal());
  flat_.narrow(0, decayed_, flat_.numel() - decayed_).fill_(1);
}

std::vector<std::pair<std::string, at::Tensor>> Transformer::NamedParameters() const {
  const int64_t f = config_.intermediate_size;
  const int64_t q = int64_t{config_.num_attention_heads} * config_.head_dim;
  const int64_t kv = int64_t{config_.num_key_value_heads} * config_.head_dim;
  std::vector<std::pair<std::string, at::Tensor>> named = {{"model.embed_tokens.weight", embed_.detach()}};
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    const auto add = [&](const char* name, const at::Tensor& tensor) {
      named.emplace_back(fmt::format("model.layers.{}.{}.weight", i, name), tensor.detach());
    };
    add("input_layernorm", block.input_norm);
    add("self_attn.q_proj", block.qkv.narrow(0, 0, q));
    add("self_attn.k_proj", block.qkv.narrow(0, q, kv));
    add("self_attn.v_proj", block.qkv.narrow(0, q + kv, kv));
    add("self_attn.o_proj", block.o);
    add("post_attention_layernorm", block.post_norm);
    add("mlp.gate_proj", block.gate_up.narrow(0, 0, f));
    add("mlp.up_proj", block.gate_up.narrow(0, f, f));
    add("mlp.down_proj", block.down);
  }
  named.emplace_back("model.norm.weight", final_norm_.detach());
  if (!config_.tie_word_embeddings) named.emplace_back("lm_head.weight", lm_head_.detach());
  return named;
}

void Transformer::EnableGradients() {
  flat_grad_ = at::zeros_like(flat_);
  int64_t offset = 0;
  const auto attach = [&](at::Tensor& leaf) {
    leaf.set_requires_grad(true);
    leaf.mutable_grad() = flat_grad_.narrow(0, offset, leaf.numel()).view(leaf.sizes());
    offset += leaf.numel();
  };
  attach(embed_);
  if (!config_.tie_word_embeddings) attach(lm_head_);
  for (Block& block : blocks_) {
    attach(block.qkv);
    attach(block.o);
    attach(block.gate_up);
    attach(block.down);
  }
  for (Block& block : blocks_) {
    attach(block.input_norm);
    attach(block.post_norm);
  }
  attach(final_norm_);
}

at::Tensor Transformer::Hidden(const at::Tensor& ids) const {
  const int64_t batch = ids.size(0), length = ids.size(1);
  const int64_t h = config_.num_attention_heads, hkv = config_.num_key_value_heads, dh = config_.head_dim;
  if (length > config_.max_position_embeddings) {
    throw Error(fmt::format("a sequence of {} tokens is longer than the model's {} positions", length,
                            config_.max_position_embeddings));
  }
  const auto [cos, sin] = RotaryTable(config_, static_cast<int>(length));
  const auto norm = [&](const at::Tensor& x, const at::Tensor& weight) {
    return at::rms_norm(x, {config_.hidden_size}, weight, config_.rms_norm_eps);
  };
  at::Tensor x = at::embedding(embed_, ids);  // (B, T, D)
  for (const Block& block : blocks_) {
    const at::Tensor qkv = at::linear(norm(x, block.input_norm), block.qkv).view({batch, length, h + 2 * hkv, dh});
    const at::Tensor qk = Rotate(qkv.narrow(2, 0, h + hkv), cos, sin);
    const at::Tensor q = qk.narrow(2, 0, h).transpose(1, 2);    // (B, H, T, Dh)
    const at::Tensor k = qk.narrow(2, h, hkv).transpose(1, 2);  // (B, Hkv, T, Dh)
    const at::Tensor v = qkv.narrow(2, h + hkv, hkv).transpose(1, 2);
    const at::Tensor mixed = at::scaled_dot_product_attention(q, k, v, {}, 0.0, true, {}, h != hkv);
    x = x + at::linear(mixed.transpose(1, 2).reshape({batch, length, h * dh}), block.o);
    const at::Tensor gate_up = at::linear(norm(x, block.post_norm), block.gate_up);  // (B, T, 2F)
    const auto halves = gate_up.chunk(2, -1);
    x = x + at::linear(at::silu(halves[0]) * halves[1], block.down);
  }
  return norm(x, final_norm_);
}

at::Tensor Transformer::Logits(const at::Tensor& hidden) const { return at::linear(hidden, lm_head()); }

}  // namespace retort
