// What follows from a model's shape. Its file is read and written in model_config_json.cc.
#include "core/lm/model_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace retort {

int64_t ModelConfig::MatrixParameterCount() const {
  const int64_t d = hidden_size, f = intermediate_size;
  const int64_t q = int64_t{num_attention_heads} * head_dim, kv = int64_t{num_key_value_heads} * head_dim;
  return num_hidden_layers * ((q + 2 * kv) * d + d * q + 3 * f * d) + vocab_size * d * (tie_word_embeddings ? 1 : 2);
}

int64_t ModelConfig::ParameterCount() const {
  const int64_t d = hidden_size, f = intermediate_size, dh = head_dim;
  const int64_t q = num_attention_heads * dh, kv = num_key_value_heads * dh;
  int64_t block = 2 * d;
  if (attention_bias) block += q + 2 * kv;
  if (attention_output_bias) block += d;
  if (mlp_bias) block += 2 * f + d;
  if (query_key_norm) block += 2 * dh;
  return MatrixParameterCount() + num_hidden_layers * block + d;
}

void CheckVocabulary(const std::vector<int>& ids, const ModelConfig& config) {
  for (const int id : ids) {
    if (id < 0 || id >= config.vocab_size) {
      throw Error(fmt::format("token id {} is outside the model's vocabulary of {}", id, config.vocab_size));
    }
  }
}

int ModelConfig::Window(int layer) const {
  return sliding_layers.empty() || sliding_layers[static_cast<size_t>(layer)] ? sliding_window : 0;
}

int ModelConfig::MaxPositions() const {
  if (rope_scaling.rope_type != "dynamic") return max_position_embeddings;
  return static_cast<int>(std::min(rope_scaling.factor * max_position_embeddings, double{1 << 24}));
}

}  // namespace retort
