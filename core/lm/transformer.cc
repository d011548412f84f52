#include "core/lm/transformer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/generated/variable_factories.h>
#include <torch/csrc/autograd/variable.h>

#include <cassert>
#include <cstdlib>
#include <cstring>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/lm/lora.h"
#include "core/lm/rope.h"

namespace retort {
namespace {

// The same as Rotate for a GPU, where each small operation is a launch: four forward and four back, not seven and twice
// as many. The result is float32.
struct RotateInPlace : torch::autograd::Function<RotateInPlace> {
  static at::Tensor Turn(const at::Tensor& x, const at::Tensor& c, const at::Tensor& s, double direction) {
    const int64_t half = x.size(3) / 2;
    const at::Tensor a = x.narrow(3, 0, half), b = x.narrow(3, half, half);
    const at::Tensor turned = at::empty(x.sizes(), x.options().dtype(at::kFloat));
    at::Tensor to_a = turned.narrow(3, 0, half), to_b = turned.narrow(3, half, half);
    at::mul_out(to_a, a, c).addcmul_(b, s, -direction);
    at::mul_out(to_b, b, c).addcmul_(a, s, direction);
    return turned;
  }
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& c,
                            const at::Tensor& s) {
    context->save_for_backward({c, s});
    return Turn(x, c, s, 1);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    return {Turn(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
  }
};

// x: (B, T, N, Dh) -> the same, each pair (i, i + Dh/2) turned by its position's angle. cos, sin: (T, Dh / 2).
at::Tensor Rotate(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const int64_t half = x.size(3) / 2;
  const at::Tensor c = cos.unsqueeze(1), s = sin.unsqueeze(1);  // (T, 1, Dh / 2)
  if (!x.is_cpu()) return RotateInPlace::apply(x, c, s);
  const at::Tensor a = x.narrow(3, 0, half), b = x.narrow(3, half, half);
  return at::cat({a * c - b * s, b * c + a * s}, 3);
}

// (T, T): true where the row's position sees the column's: itself and the window - 1 before it.
at::Tensor WindowMask(int64_t length, int window, at::Device device) {
  return at::ones({length, length}, at::TensorOptions(device).dtype(at::kBool)).tril().triu(1 - window);
}

// Large ones in huge pages, where the system has them: a 512th of the page faults, and fewer misses of the TLB later.
at::Tensor Zeros(int64_t count, at::ScalarType type = at::kFloat) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const auto bytes = static_cast<size_t>(count) * at::elementSize(type);
  if (bytes < 8 * kHugePage) return at::zeros({count}, type);
  const size_t size = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* memory = std::aligned_alloc(kHugePage, size);
  if (memory == nullptr) return at::zeros({count}, type);  // which says what is wrong
  madvise(memory, size, MADV_HUGEPAGE);                    // a hint: may fail
  std::memset(memory, 0, bytes);
  return at::from_blob(
      memory, {count}, [](void* used) { std::free(used); }, type);
}

}  // namespace

Transformer::Transformer(const ModelConfig& config, bool narrow) : config_(config) {
  const int64_t all = config.ParameterCount();
  if (narrow) narrow_ = Zeros(decayed(), at::kBFloat16);
  flat_ = Zeros(narrow ? all - decayed() : all);
  MakeViews();
}

void Transformer::Widen() {
  if (!narrow()) return;
  const at::NoGradGuard no_grad;
  const at::Tensor wide = Zeros(config_.ParameterCount());
  wide.narrow(0, 0, decayed()).copy_(narrow_);
  wide.narrow(0, decayed(), flat_.numel()).copy_(flat_);
  narrow_ = at::Tensor();
  flat_ = wide;
  MakeViews();
}

void Transformer::MakeViews() {
  const ModelConfig& config = config_;
  const int64_t d = config.hidden_size, f = config.intermediate_size, v = config.vocab_size;
  const int64_t q = int64_t{config.num_attention_heads} * config.head_dim;
  const int64_t kv = int64_t{config.num_key_value_heads} * config.head_dim;
  int64_t offset = 0;
  at::Tensor from = narrow() ? narrow_ : flat_;
  // A leaf of its own that shares the buffer's memory.
  const auto take = [&](std::initializer_list<int64_t> shape) {
    int64_t size = 1;
    for (const int64_t extent : shape) size *= extent;
    at::Tensor view = from.narrow(0, offset, size).view(at::IntArrayRef(shape)).detach();
    offset += size;
    return view;
  };
  embed_ = take({v, d});
  if (!config.tie_word_embeddings) lm_head_ = take({v, d});
  blocks_.assign(static_cast<size_t>(config.num_hidden_layers), {});
  for (Block& block : blocks_) {
    block.qkv = take({q + 2 * kv, d});
    block.o = take({d, q});
    block.gate_up = take({2 * f, d});
    block.down = take({d, f});
  }
  if (narrow()) from = flat_, offset = 0;
  for (Block& block : blocks_) {
    block.input_norm = take({d});
    block.post_norm = take({d});
    if (config.query_key_norm) block.q_norm = take({config.head_dim}), block.k_norm = take({config.head_dim});
  }
  final_norm_ = take({d});
  biases_ = offset;
  for (Block& block : blocks_) {
    if (config.attention_bias) block.qkv_bias = take({q + 2 * kv});
    if (config.attention_output_bias) block.o_bias = take({d});
    if (config.mlp_bias) block.gate_up_bias = take({2 * f}), block.down_bias = take({d});
  }
}

void Transformer::Initialise(uint64_t seed) {
  assert(!narrow());
  const at::NoGradGuard no_grad;
  RandomStream random(seed, "transformer/init");
  auto* data = flat_.mutable_data_ptr<float>();
  for (int64_t i = 0; i < decayed(); ++i) data[i] = static_cast<float>(config_.initializer_range * random.Normal());
  flat_.narrow(0, decayed(), biases_ - decayed()).fill_(1);
  flat_.narrow(0, biases_, flat_.numel() - biases_).fill_(0);
}

std::vector<std::pair<std::string, at::Tensor>> Transformer::NamedParameters() const {
  const int64_t f = config_.intermediate_size;
  const int64_t q = int64_t{config_.num_attention_heads} * config_.head_dim;
  const int64_t kv = int64_t{config_.num_key_value_heads} * config_.head_dim;
  std::vector<std::pair<std::string, at::Tensor>> named = {{"model.embed_tokens.weight", embed_.detach()}};
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    const auto add = [&](const char* name, const at::Tensor& tensor) {
      if (tensor.defined()) named.emplace_back(fmt::format("model.layers.{}.{}", i, name), tensor.detach());
    };
    const auto part = [](const at::Tensor& tensor, int64_t begin, int64_t size) {
      return tensor.defined() ? tensor.narrow(0, begin, size) : at::Tensor();
    };
    add("input_layernorm.weight", block.input_norm);
    add("self_attn.q_proj.weight", part(block.qkv, 0, q));
    add("self_attn.q_proj.bias", part(block.qkv_bias, 0, q));
    add("self_attn.k_proj.weight", part(block.qkv, q, kv));
    add("self_attn.k_proj.bias", part(block.qkv_bias, q, kv));
    add("self_attn.v_proj.weight", part(block.qkv, q + kv, kv));
    add("self_attn.v_proj.bias", part(block.qkv_bias, q + kv, kv));
    add("self_attn.q_norm.weight", block.q_norm);
    add("self_attn.k_norm.weight", block.k_norm);
    add("self_attn.o_proj.weight", block.o);
    add("self_attn.o_proj.bias", block.o_bias);
    add("post_attention_layernorm.weight", block.post_norm);
    add("mlp.gate_proj.weight", part(block.gate_up, 0, f));
    add("mlp.gate_proj.bias", part(block.gate_up_bias, 0, f));
    add("mlp.up_proj.weight", part(block.gate_up, f, f));
    add("mlp.up_proj.bias", part(block.gate_up_bias, f, f));
    add("mlp.down_proj.weight", block.down);
    add("mlp.down_proj.bias", block.down_bias);
  }
  named.emplace_back("model.norm.weight", final_norm_.detach());
  if (!config_.tie_word_embeddings) named.emplace_back("lm_head.weight", lm_head_.detach());
  return named;
}

void Transformer::To(const std::string& device) {
  Widen();
  flat_grad_ = at::Tensor();
  flat_ = flat_.to(at::Device(device));
  MakeViews();
  if (adapters_ != nullptr) adapters_->To(device);
}

void Transformer::AddAdapters(const LoraConfig& config, uint64_t seed) {
  Widen();
  adapters_ = std::make_unique<LoraAdapters>(config_, config, seed);
}

void Transformer::AddAdaptersTo(const Transformer& target) const {
  if (adapters_ == nullptr) return;
  const at::NoGradGuard no_grad;
  const int64_t f = config_.intermediate_size;
  const int64_t q = int64_t{config_.num_attention_heads} * config_.head_dim;
  const int64_t kv = int64_t{config_.num_key_value_heads} * config_.head_dim;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const auto add = [&](Projection map, const at::Tensor& weight, int64_t begin, int64_t rows) {
      const at::Tensor delta = adapters_->MergedDelta(i, map);
      if (delta.defined()) weight.narrow(0, begin, rows).add_(delta.to(weight.device()));
    };
    const Block& block = target.blocks_[i];
    add(Projection::kQuery, block.qkv, 0, q);
    add(Projection::kKey, block.qkv, q, kv);
    add(Projection::kValue, block.qkv, q + kv, kv);
    add(Projection::kOutput, block.o, 0, config_.hidden_size);
    add(Projection::kGate, block.gate_up, 0, f);
    add(Projection::kUp, block.gate_up, f, f);
    add(Projection::kDown, block.down, 0, config_.hidden_size);
  }
}

void Transformer::MergeAdapters() {
  if (adapters_ == nullptr) return;
  AddAdaptersTo(*this);
  adapters_.reset();
  flat_grad_ = at::Tensor();
}

std::unique_ptr<Transformer> Transformer::MergedCopy() const {
  assert(!narrow());
  const at::NoGradGuard no_grad;
  auto copy = std::make_unique<Transformer>(config_);
  copy->flat_.copy_(flat_);
  AddAdaptersTo(*copy);
  return copy;
}

Transformer::Trainable Transformer::trainable() const {
  if (adapters_ != nullptr) return {adapters_->flat(), flat_grad_, adapters_->flat().numel()};
  return {flat_, flat_grad_, decayed()};
}

void Transformer::EnableGradients() {
  assert(!narrow());
  flat_grad_ = at::zeros_like(trainable().flat);
  if (adapters_ != nullptr) {
    adapters_->EnableGradients(flat_grad_);
    return;
  }
  int64_t offset = 0;
  const auto attach = [&](at::Tensor& leaf) {
    if (!leaf.defined()) return;
    leaf.set_requires_grad(true);
    leaf.mutable_grad() = flat_grad_.narrow(0, offset, leaf.numel()).view(leaf.sizes());
    offset += leaf.numel();
  };
  attach(embed_);
  attach(lm_head_);
  for (Block& block : blocks_) {
    attach(block.qkv);
    attach(block.o);
    attach(block.gate_up);
    attach(block.down);
  }
  for (Block& block : blocks_) {
    attach(block.input_norm);
    attach(block.post_norm);
    attach(block.q_norm);
    attach(block.k_norm);
  }
  attach(final_norm_);
  for (Block& block : blocks_) {
    attach(block.qkv_bias);
    attach(block.o_bias);
    attach(block.gate_up_bias);
    attach(block.down_bias);
  }
}

Transformer::~Transformer() = default;

at::Tensor Transformer::Multiply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const {
  if (!bfloat16_) return at::linear(x, weight, bias);
  const auto narrow = [](const at::Tensor& t) { return t.defined() ? t.to(at::kBFloat16) : t; };
  const at::Tensor y = at::linear(narrow(x), narrow(weight), narrow(bias));
  return y.is_cpu() ? y.to(at::kFloat) : y;
}

at::Tensor Transformer::Project(size_t layer, std::initializer_list<Projection> maps, const at::Tensor& x,
                                const at::Tensor& weight, const at::Tensor& bias) const {
  const at::Tensor y = Multiply(x, weight, bias);
  if (adapters_ == nullptr) return y;
  const at::Tensor delta = adapters_->Delta(layer, {maps.begin(), maps.size()}, x.to(at::kFloat));
  return delta.defined() ? y + delta : y;
}

at::Tensor Transformer::Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                               const at::Tensor& mask) const {
  const std::optional<at::Tensor> seen = mask.defined() ? std::optional(mask) : std::nullopt;
  const bool causal = !mask.defined(), grouped = q.size(1) != k.size(1);
  if (q.is_cpu()) return at::scaled_dot_product_attention(q, k, v, seen, 0.0, causal, {}, grouped);
  // A GPU's kernels that keep no T x T matrix take half precision without a mask, or else as many key as query heads.
  const at::ScalarType type = bfloat16_ ? at::kBFloat16 : at::kFloat;
  const bool repeat = grouped && (!bfloat16_ || !causal);
  const auto heads = [&](const at::Tensor& t) {
    return repeat ? t.to(type).repeat_interleave(q.size(1) / k.size(1), 1) : t.to(type);
  };
  return at::scaled_dot_product_attention(q.to(type), heads(k), heads(v), seen, 0.0, causal, {}, grouped && !repeat);
}

at::Tensor Transformer::Hidden(const at::Tensor& ids) const {
  assert(!narrow());
  const int64_t batch = ids.size(0), length = ids.size(1);
  const int64_t h = config_.num_attention_heads, hkv = config_.num_key_value_heads, dh = config_.head_dim;
  if (length > config_.MaxPositions()) {
    throw Error(
        fmt::format("a sequence of {} tokens is longer than the model's {} positions", length, config_.MaxPositions()));
  }
  const auto [cos, sin] = RotaryTable(config_, length, ids);
  const auto norm = [&](const at::Tensor& x, const at::Tensor& weight) {
    return at::rms_norm(x, weight.sizes(), weight, config_.rms_norm_eps);
  };
  at::Tensor mask;  // of the layers with a window, where it hides anything
  if (config_.sliding_window > 0 && length > config_.sliding_window) {
    mask = WindowMask(length, config_.sliding_window, ids.device());
  }
  at::Tensor x = at::embedding(embed_, ids);  // (B, T, D)
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    const Block& block = blocks_[layer];
    const at::Tensor qkv = Project(layer, {Projection::kQuery, Projection::kKey, Projection::kValue},
                                   norm(x, block.input_norm), block.qkv, block.qkv_bias)
                               .view({batch, length, h + 2 * hkv, dh});
    const auto parts = qkv.split_with_sizes({h + hkv, hkv}, 2);
    at::Tensor qk = parts[0];
    if (config_.query_key_norm) {
      const auto both = qk.to(at::kFloat).split_with_sizes({h, hkv}, 2);
      qk = at::cat({norm(both[0], block.q_norm), norm(both[1], block.k_norm)}, 2);
    }
    qk = Rotate(qk, cos, sin);
    if (bfloat16_ && !qk.is_cpu()) qk = qk.to(at::kBFloat16);
    const auto turned = qk.split_with_sizes({h, hkv}, 2);
    const at::Tensor q = turned[0].transpose(1, 2);  // (B, H, T, Dh)
    const at::Tensor k = turned[1].transpose(1, 2);  // (B, Hkv, T, Dh)
    const at::Tensor v = parts[1].transpose(1, 2);
    const bool windowed = mask.defined() && config_.Window(static_cast<int>(layer)) > 0;
    const at::Tensor mixed = Attend(q, k, v, windowed ? mask : at::Tensor());
    x = x + Project(layer, {Projection::kOutput}, mixed.transpose(1, 2).reshape({batch, length, h * dh}), block.o,
                    block.o_bias);
    const at::Tensor gate_up = Project(layer, {Projection::kGate, Projection::kUp}, norm(x, block.post_norm),
                                       block.gate_up, block.gate_up_bias);  // (B, T, 2F)
    const auto halves = gate_up.chunk(2, -1);
    x = x + Project(layer, {Projection::kDown}, at::silu(halves[0]) * halves[1], block.down, block.down_bias);
  }
  return norm(x, final_norm_);
}

at::Tensor Transformer::Logits(const at::Tensor& hidden) const {
  return Multiply(hidden, lm_head(), {}).to(at::kFloat);
}

}  // namespace retort
