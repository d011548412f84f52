#include "core/lm/ragged_forward.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/base/numerics.h"
#include "core/fused/attend.h"
#include "core/fused/rms_norm.h"
#include "core/fused/rotary.h"
#include "core/fused/swiglu.h"
#include "core/lm/linear.h"
#include "core/lm/threads.h"
#include "core/lm/transformer.h"

namespace retort {

KvCache::KvCache(const Transformer& model, int64_t positions) : capacity(fused::Padded(positions)) {
  if (UsesReference()) return;
  const ModelConfig& c = model.config();
  const int64_t values = 2 * capacity * c.num_hidden_layers * c.num_key_value_heads * c.head_dim;
  data.resize(static_cast<size_t>(values + fused::kStrip));  // Attend may read beyond
}

RaggedForward::RaggedForward(const Transformer& model) : model_(model), angles_(model.config()) {}

// Every sequence from its first token, padded, without a cache.
at::Tensor RaggedForward::Reference(const std::vector<RaggedRow>& rows) {
  const at::NoGradGuard no_grad;
  const bool alone = model_.config().rope_scaling.rope_type == "dynamic";  // its angles depend on the length
  std::vector<at::Tensor> hidden;
  for (size_t r = 0; r < rows.size();) {
    struct New {
      int64_t before, count;
    };
    std::vector<New> added;
    std::vector<at::Tensor> ids;
    while (r < rows.size() && ids.size() < (alone ? 1 : 64)) {
      KvCache& cache = *rows[r].cache;
      const int64_t before = cache.length;
      for (; r < rows.size() && rows[r].cache == &cache; ++r) cache.ids.push_back(rows[r].token);
      cache.length = static_cast<int64_t>(cache.ids.size());
      // Keys in a cache keep the angles of the length at which they were made; without one they would not.
      if (before > 0 && StretchesWith(model_.config(), cache.length)) {
        throw Error({},
                    fmt::format("an answer reaches {} tokens, beyond the {} that the model was trained for, where its "
                                "rotary scaling depends on a cache",
                                cache.length, model_.config().max_position_embeddings),
                    "numerics=reference has none: use numerics=fused, or shorter answers");
      }
      added.push_back({before, cache.length - before});
      ids.push_back(at::tensor(cache.ids, at::kLong));
    }
    const at::Tensor all = model_.Hidden(at::pad_sequence(ids, /*batch_first=*/true));
    for (size_t i = 0; i < added.size(); ++i) {
      hidden.push_back(all[static_cast<int64_t>(i)].narrow(0, added[i].before, added[i].count));
    }
  }
  return at::cat(hidden);
}

at::Tensor RaggedForward::Run(const std::vector<RaggedRow>& rows) {
  if (UsesReference()) return Reference(rows);
  const ModelConfig& c = model_.config();
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t d = c.hidden_size, f = c.intermediate_size, dh = c.head_dim;
  const int64_t heads = c.num_attention_heads, kv_heads = c.num_key_value_heads, group = heads / kv_heads;
  const int64_t width = (heads + 2 * kv_heads) * dh;  // of one row of q, k, v
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(dh)));
  const auto eps = static_cast<float>(c.rms_norm_eps);

  int64_t longest = 0;
  for (const RaggedRow& row : rows) longest = std::max(longest, row.position + 1);
  angles_.Reset(longest);
  std::vector<RotaryAngles::Row> angles;
  angles.reserve(rows.size());
  if (c.rope_scaling.rope_type == "dynamic") {  // by the length of the row's sequence after this pass
    std::map<const KvCache*, int64_t> lengths;
    for (const RaggedRow& row : rows) lengths[row.cache] = row.position + 1;
    for (const RaggedRow& row : rows) angles.push_back(angles_.Of(row.position, lengths[row.cache]));
  } else {
    for (const RaggedRow& row : rows) angles.push_back(angles_.Of(row.position, longest));
  }

  std::vector<int64_t> ids;
  ids.reserve(rows.size());
  for (const RaggedRow& row : rows) ids.push_back(row.token);
  at::Tensor x = model_.embed().index_select(0, at::tensor(ids, at::kLong)).to(at::kFloat);
  auto* xp = x.mutable_data_ptr<float>();
  at::Tensor normed = at::empty({count, d}), qkv = at::empty({count, width}), mixed = at::empty({count, heads * dh});
  at::Tensor gate_up = at::empty({count, 2 * f}), gated = at::empty({count, f});
  auto* np = normed.mutable_data_ptr<float>();
  auto* qp = qkv.mutable_data_ptr<float>();
  auto* mp = mixed.mutable_data_ptr<float>();
  const auto* gp = gate_up.const_data_ptr<float>();
  auto* ap = gated.mutable_data_ptr<float>();
  const auto norm = [&](const at::Tensor& weight) {
    const auto* w = weight.const_data_ptr<float>();
    at::parallel_for(0, count, Grain(d), [&](int64_t begin, int64_t end) {
      fused::RmsNorm(xp + begin * d, w, np + begin * d, end - begin, d, eps);
    });
  };

  for (size_t layer = 0; layer < model_.blocks().size(); ++layer) {
    const Transformer::Block& block = model_.blocks()[layer];
    const int64_t window = c.Window(static_cast<int>(layer));
    const float* q_norm = block.q_norm.defined() ? block.q_norm.const_data_ptr<float>() : nullptr;
    const float* k_norm = block.k_norm.defined() ? block.k_norm.const_data_ptr<float>() : nullptr;
    norm(block.input_norm);
    Linear(qkv, normed, block.qkv, block.qkv_bias);
    // Keys and values of all rows first: a row attends to rows of its own sequence in the same pass.
    at::parallel_for(0, count, Grain(width), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const RaggedRow& row = rows[static_cast<size_t>(r)];
        float* q = qp + r * width;
        if (q_norm != nullptr) fused::RmsNorm(q, q_norm, q, heads, dh, eps);
        if (k_norm != nullptr) fused::RmsNorm(q + heads * dh, k_norm, q + heads * dh, kv_heads, dh, eps);
        const auto& [cos, sin] = angles[static_cast<size_t>(r)];
        fused::Rotate(q, heads + kv_heads, dh, cos, sin);
        const int64_t capacity = row.cache->capacity;
        for (int64_t g = 0; g < kv_heads; ++g) {
          float* keys = row.cache->data.data() + (static_cast<int64_t>(layer) * kv_heads + g) * 2 * capacity * dh;
          float* values = keys + capacity * dh;
          const float* k = q + (heads + g) * dh;
          fused::PutKey(k, row.position, dh, keys);
          std::copy_n(q + (heads + kv_heads + g) * dh, dh, values + row.position * dh);
        }
      }
    });
    at::parallel_for(0, count * heads, Grain(longest * dh), [&](int64_t begin, int64_t end) {
      thread_local std::vector<float> scratch;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t r = i / heads, h = i % heads;
        const RaggedRow& row = rows[static_cast<size_t>(r)];
        const int64_t capacity = row.cache->capacity;
        const float* keys =
            row.cache->data.data() + (static_cast<int64_t>(layer) * kv_heads + h / group) * 2 * capacity * dh;
        const float* values = keys + capacity * dh;
        const int64_t end_position = row.position + 1;
        const int64_t first = window > 0 ? std::max<int64_t>(0, end_position - window) : 0;
        fused::Attend(qp + r * width + h * dh, keys, values, mp + i * dh, first, end_position, dh, scale, scratch);
      }
    });
    AddLinear(x, mixed, block.o, block.o_bias);
    norm(block.post_norm);
    Linear(gate_up, normed, block.gate_up, block.gate_up_bias);
    at::parallel_for(0, count, Grain(4 * f), [&](int64_t begin, int64_t end) {
      fused::SwiGlu(gp + begin * 2 * f, ap + begin * f, end - begin, f);
    });
    AddLinear(x, gated, block.down, block.down_bias);
  }
  norm(model_.final_norm());
  for (const RaggedRow& row : rows) row.cache->length = std::max(row.cache->length, row.position + 1);
  return normed;
}

}  // namespace retort
