#include "core/lm/packed_pass.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <algorithm>
#include <cmath>

#include "core/fused/attention.h"
#include "core/fused/rms_norm.h"
#include "core/fused/rotary.h"
#include "core/fused/swiglu.h"
#include "core/lm/linear.h"
#include "core/lm/threads.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

float* Data(const at::Tensor& t) { return t.mutable_data_ptr<float>(); }

// out = x + y W^T + bias.
void LinearOnto(const at::Tensor& out, const at::Tensor& x, const at::Tensor& y, const at::Tensor& weight,
                const at::Tensor& bias) {
  out.copy_(x);
  AddLinear(out, y, weight, bias);
}

// Adds to the gradients of a linear map's weight and bias, given its input and the gradient by its output.
void WeightGradient(const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& x, const at::Tensor& dy) {
  weight.grad().addmm_(dy.t(), x);
  if (bias.defined()) bias.grad().add_(dy.sum(0));
}

fused::AttentionShape Shape(const ModelConfig& c, size_t layer) {
  return {.heads = c.num_attention_heads,
          .kv_heads = c.num_key_value_heads,
          .head_dim = c.head_dim,
          .window = c.Window(static_cast<int>(layer)),
          .scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(c.head_dim)))};
}

}  // namespace

void PackedSequences::Add(const int* first, int64_t count) {
  ids.insert(ids.end(), first, first + count);
  begins.push_back(static_cast<int64_t>(ids.size()));
}

bool PackedPass::Supports(const Transformer& model) {
  return model.adapters() == nullptr && !model.narrow() && !model.bfloat16() && model.flat().is_cpu();
}

PackedPass::PackedPass(const Transformer& model)
    : model_(model), layers_(model.blocks().size()), angles_(model.config()) {}

float PackedPass::eps() const { return static_cast<float>(model_.config().rms_norm_eps); }

void PackedPass::Reserve(int64_t rows) {
  rows_ = rows;
  if (rows <= capacity_) return;
  capacity_ = (rows + 63) / 64 * 64;
  const ModelConfig& c = model_.config();
  const int64_t dh = c.head_dim, heads = c.num_attention_heads, kv_heads = c.num_key_value_heads;
  const auto make = [&](int64_t width) { return at::empty({capacity_, width}); };
  for (Layer& layer : layers_) {
    layer = {};  // before there is another
    layer.input = make(c.hidden_size);
    if (c.query_key_norm) layer.raw = make((heads + kv_heads) * dh);
    layer.qkv = make((heads + 2 * kv_heads) * dh);
    layer.mixed = make(heads * dh);
    layer.log_sums = make(heads);
    layer.middle = make(c.hidden_size);
    layer.gate_up = make(2 * int64_t{c.intermediate_size});
  }
  last_ = make(c.hidden_size);
  dx_ = make(c.hidden_size);
  normed_ = make(c.hidden_size);
  wide_ = make(std::max<int64_t>({c.intermediate_size, (heads + 2 * kv_heads) * dh}));
}

at::Tensor PackedPass::Part(const at::Tensor& buffer, int64_t width) const {
  return buffer.view({-1}).narrow(0, 0, rows_ * width).view({rows_, width});
}

void PackedPass::ForRows(int64_t work, const std::function<void(int64_t, int64_t)>& f) const {
  at::parallel_for(0, rows_, Grain(work), f);
}

at::Tensor PackedPass::Norm(const at::Tensor& x, const at::Tensor& weight) {
  const int64_t d = x.size(1);
  ForRows(d, [&](int64_t begin, int64_t end) {
    fused::RmsNorm(Data(x) + begin * d, Data(weight), Data(normed_) + begin * d, end - begin, d, eps());
  });
  return Rows(normed_);
}

// normed_ holds the gradient by the norm's output; adds to that of its input, dx_, and leaves the output in normed_.
void PackedPass::NormBackward(const at::Tensor& x, const at::Tensor& weight) {
  const int64_t d = x.size(1);
  // Each part of the rows sums its own share of the weight's gradient, in an order that the thread count fixes.
  const int64_t parts = rows_ * d < 2 * kGrain ? 1 : at::get_num_threads();
  const at::Tensor shares = parts == 1 ? weight.grad() : at::zeros({parts, d});
  at::parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) {
      const int64_t begin = rows_ * part / parts, end = rows_ * (part + 1) / parts;
      float* gradient = Data(normed_) + begin * d;
      fused::RmsNormBackward(Data(x) + begin * d, Data(weight), gradient, Data(dx_) + begin * d,
                             Data(shares) + part * d, gradient, end - begin, d, eps());
    }
  });
  if (parts > 1) weight.grad().add_(shares.sum(0));
}

void PackedPass::Rotate(size_t layer) {
  const ModelConfig& c = model_.config();
  const Transformer::Block& block = model_.blocks()[layer];
  const fused::AttentionShape shape = Shape(c, layer);
  const int64_t turned = shape.heads + shape.kv_heads, dh = shape.head_dim;
  ForRows(turned * dh, [&, qkv = Data(layers_[layer].qkv)](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      float* q = qkv + r * shape.width();
      if (c.query_key_norm) {
        std::copy_n(q, turned * dh, Data(layers_[layer].raw) + r * turned * dh);
        float* k = q + shape.heads * dh;
        fused::RmsNorm(q, Data(block.q_norm), q, shape.heads, dh, eps());
        fused::RmsNorm(k, Data(block.k_norm), k, shape.kv_heads, dh, eps());
      }
      const auto& [cos, sin] = rows_angles_[static_cast<size_t>(r)];
      fused::Rotate(q, turned, dh, cos, sin);
    }
  });
}

// In place: from the gradient by turned queries and keys to that by the product's result.
void PackedPass::RotateBackward(size_t layer, const at::Tensor& dqkv) {
  const ModelConfig& c = model_.config();
  const Transformer::Block& block = model_.blocks()[layer];
  const fused::AttentionShape shape = Shape(c, layer);
  const int64_t turned = shape.heads + shape.kv_heads, dh = shape.head_dim;
  ForRows(turned * dh, [&, gradient = Data(dqkv)](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const auto& [cos, sin] = rows_angles_[static_cast<size_t>(r)];
      fused::RotateBackward(gradient + r * shape.width(), turned, dh, cos, sin);
    }
  });
  if (!c.query_key_norm) return;
  std::vector<float> dx(static_cast<size_t>(turned * dh));  // in one thread: the gradients of the norms are one sum
  for (int64_t r = 0; r < rows_; ++r) {
    float* dq = Data(dqkv) + r * shape.width();
    float* dk = dq + shape.heads * dh;
    const float* q = Data(layers_[layer].raw) + r * turned * dh;
    std::fill(dx.begin(), dx.end(), 0.0F);
    fused::RmsNormBackward(q, Data(block.q_norm), dq, dx.data(), Data(block.q_norm.grad()), dq, shape.heads, dh, eps());
    fused::RmsNormBackward(q + shape.heads * dh, Data(block.k_norm), dk, dx.data() + shape.heads * dh,
                           Data(block.k_norm.grad()), dk, shape.kv_heads, dh, eps());
    std::copy(dx.begin(), dx.end(), dq);
  }
}

void PackedPass::ForHeads(const std::function<void(int64_t kv_head, int64_t first, int64_t length)>& f) const {
  const auto sequences = static_cast<int64_t>(batch_->begins.size()) - 1;
  const int64_t kv_heads = model_.config().num_key_value_heads;
  const int64_t mean = rows_ / sequences + 1;
  const int64_t work = mean * mean * model_.config().num_attention_heads / kv_heads * model_.config().head_dim;
  at::parallel_for(0, sequences * kv_heads, Grain(work), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto s = static_cast<size_t>(i / kv_heads);
      f(i % kv_heads, batch_->begins[s], batch_->begins[s + 1] - batch_->begins[s]);
    }
  });
}

at::Tensor PackedPass::Forward(const PackedSequences& batch) {
  const at::AutoDispatchBelowADInplaceOrView no_autograd;  // nor its bookkeeping of views
  const ModelConfig& c = model_.config();
  const int64_t d = c.hidden_size, f = c.intermediate_size;
  batch_ = &batch;
  Reserve(static_cast<int64_t>(batch.ids.size()));
  int64_t longest = 0;
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    longest = std::max(longest, batch.begins[s + 1] - batch.begins[s]);
  }
  angles_.Reset(longest);
  rows_angles_.clear();
  for (size_t s = 0; s + 1 < batch.begins.size(); ++s) {
    const int64_t length = batch.begins[s + 1] - batch.begins[s];
    for (int64_t t = 0; t < length; ++t) rows_angles_.push_back(angles_.Of(t, length));
  }

  float* x = Data(layers_.front().input);
  const float* table = Data(model_.embed());
  for (int64_t r = 0; r < rows_; ++r) {
    std::copy_n(table + batch.ids[static_cast<size_t>(r)] * d, d, x + r * d);
  }
  for (size_t l = 0; l < layers_.size(); ++l) {
    const Transformer::Block& block = model_.blocks()[l];
    const Layer& layer = layers_[l];
    Linear(Rows(layer.qkv), Norm(Rows(layer.input), block.input_norm), block.qkv, block.qkv_bias);
    Rotate(l);
    const fused::AttentionShape shape = Shape(c, l);
    ForHeads([&](int64_t kv_head, int64_t first, int64_t length) {
      thread_local std::vector<float> scratch;
      fused::AttentionForward(shape, kv_head, length, Data(layer.qkv) + first * shape.width(),
                              Data(layer.mixed) + first * shape.heads * shape.head_dim,
                              Data(layer.log_sums) + first * shape.heads, scratch);
    });
    LinearOnto(Rows(layer.middle), Rows(layer.input), Rows(layer.mixed), block.o, block.o_bias);
    Linear(Rows(layer.gate_up), Norm(Rows(layer.middle), block.post_norm), block.gate_up, block.gate_up_bias);
    const at::Tensor gated = Part(wide_, f);
    ForRows(8 * f, [&](int64_t begin, int64_t end) {
      fused::SwiGlu(Data(layer.gate_up) + begin * 2 * f, Data(gated) + begin * f, end - begin, f);
    });
    const at::Tensor& next = l + 1 < layers_.size() ? layers_[l + 1].input : last_;
    LinearOnto(Rows(next), Rows(layer.middle), gated, block.down, block.down_bias);
  }
  return Norm(Rows(last_), model_.final_norm());
}

void PackedPass::Backward(const at::Tensor& dhidden) {
  const at::AutoDispatchBelowADInplaceOrView no_autograd;  // nor its bookkeeping of views
  const ModelConfig& c = model_.config();
  const int64_t d = c.hidden_size, f = c.intermediate_size;
  const at::Tensor dx = Rows(dx_), dnormed = Rows(normed_);
  const auto down = [](const at::Tensor& out, const at::Tensor& dy, const at::Tensor& weight) {
    at::Tensor result = out;
    at::mm_out(result, dy, weight);
  };
  dx.zero_();
  dnormed.copy_(dhidden);
  NormBackward(Rows(last_), model_.final_norm());
  for (size_t l = layers_.size(); l-- > 0;) {
    const Transformer::Block& block = model_.blocks()[l];
    const Layer& layer = layers_[l];
    const at::Tensor dgate_up = Rows(layer.gate_up), gated = Part(wide_, f);
    down(gated, dx, block.down);  // by the gated values; becomes these
    ForRows(16 * f, [&](int64_t begin, int64_t end) {
      fused::SwiGluBackward(Data(dgate_up) + begin * 2 * f, Data(gated) + begin * f, end - begin, f);
    });
    WeightGradient(block.down, block.down_bias, gated, dx);
    down(dnormed, dgate_up, block.gate_up);
    NormBackward(Rows(layer.middle), block.post_norm);
    WeightGradient(block.gate_up, block.gate_up_bias, dnormed, dgate_up);

    const fused::AttentionShape shape = Shape(c, l);
    const int64_t mixed_width = shape.heads * shape.head_dim;
    WeightGradient(block.o, block.o_bias, Rows(layer.mixed), dx);
    const at::Tensor dmixed = Rows(layer.mixed), dqkv = Part(wide_, shape.width());
    down(dmixed, dx, block.o);
    ForHeads([&](int64_t kv_head, int64_t first, int64_t length) {
      thread_local std::vector<float> scratch;
      fused::AttentionBackward(shape, kv_head, length, Data(layer.qkv) + first * shape.width(),
                               Data(layer.log_sums) + first * shape.heads, Data(dmixed) + first * mixed_width,
                               Data(dqkv) + first * shape.width(), scratch);
    });
    RotateBackward(l, dqkv);
    down(dnormed, dqkv, block.qkv);
    NormBackward(Rows(layer.input), block.input_norm);
    WeightGradient(block.qkv, block.qkv_bias, dnormed, dqkv);
  }
  float* table = Data(model_.embed().grad());
  const float* gradient = Data(dx);
  for (int64_t r = 0; r < rows_; ++r) {
    float* row = table + batch_->ids[static_cast<size_t>(r)] * d;
    for (int64_t i = 0; i < d; ++i) row[i] += gradient[r * d + i];
  }
}

}  // namespace retort
