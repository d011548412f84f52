// A decoder's architecture as Hugging Face's config.json says it. One transformer serves the families Llama, Mistral,
// Qwen2 and Qwen3, which differ in the features below; what it does not support is an error that names the key, never a
// silent approximation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace retort {

// How rotary frequencies are stretched beyond the trained context; formulas in core/lm/rope.h.
struct RopeScaling {
  std::string rope_type = "default";  // default, linear, dynamic, llama3
  double factor = 1;
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3
  int original_max_position_embeddings = 0;          // llama3
  bool operator==(const RopeScaling&) const = default;
};

struct ModelConfig {
  std::string model_type = "llama";  // llama, mistral, qwen2, qwen3
  int vocab_size = 0;
  int hidden_size = 0;          // D
  int intermediate_size = 0;    // F
  int num_hidden_layers = 0;    // L
  int num_attention_heads = 0;  // H
  int num_key_value_heads = 0;  // Hkv, divides H
  int head_dim = 0;             // Dh; default D / H
  int max_position_embeddings = 2048;
  double rms_norm_eps = 1e-5;
  double rope_theta = 10000;
  RopeScaling rope_scaling;
  bool attention_bias = false;         // of q, k and v
  bool attention_output_bias = false;  // of o
  bool mlp_bias = false;
  bool query_key_norm = false;       // RMSNorm of each head's query and key before they are turned
  int sliding_window = 0;            // a position sees itself and sliding_window - 1 before it; 0: all before it
  std::vector<bool> sliding_layers;  // which layers have the window; empty: all (if there is one)
  bool tie_word_embeddings = false;
  int bos_token_id = -1, pad_token_id = -1;
  std::vector<int> eos_token_id;
  double initializer_range = 0.02;
  std::string dtype = "float32";  // on disk: float32, bfloat16, float16

  int64_t ParameterCount() const;
  int64_t MatrixParameterCount() const;  // without norms and biases
  // Of one layer: 0 = none.
  int Window(int layer) const;
  // The longest sequence: max_position_embeddings, stretched where the scaling is dynamic.
  int MaxPositions() const;
  bool operator==(const ModelConfig&) const = default;
};

// Throws Error for an id outside the vocabulary.
void CheckVocabulary(const std::vector<int>& ids, const ModelConfig& config);

// Reads config.json of Transformers 4 (`rope_theta`, `rope_scaling`, `torch_dtype`) and 5 (`rope_parameters`, `dtype`).
// Throws Error that names the key: missing, of the wrong type, out of range, or not supported.
ModelConfig ReadModelConfig(const std::filesystem::path& config_json);
// What Transformers 4 and 5 both read.
std::string ToJson(const ModelConfig& config);
// The token ids alone, as generation_config.json holds them.
std::string GenerationConfigJson(const ModelConfig& config);

}  // namespace retort
