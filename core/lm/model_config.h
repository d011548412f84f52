// A decoder's architecture as Hugging Face's config.json says it. One transformer serves every family; what it does not
// support is an error that names the key, never a silent approximation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace retort {

struct ModelConfig {
  std::string model_type = "llama";  // architectures: LlamaForCausalLM
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
  bool tie_word_embeddings = false;
  int bos_token_id = -1, pad_token_id = -1;
  std::vector<int> eos_token_id;
  double initializer_range = 0.02;
  std::string dtype = "float32";  // on disk: float32, bfloat16, float16; in memory always float32

  int64_t ParameterCount() const;
  bool operator==(const ModelConfig&) const = default;
};

// Reads config.json of Transformers 4 (`rope_theta`, `rope_scaling`, `torch_dtype`) and 5 (`rope_parameters`, `dtype`).
// Throws Error that names the key: missing, of the wrong type, out of range, or not supported.
ModelConfig ReadModelConfig(const std::filesystem::path& config_json);
// What Transformers 4 and 5 both read.
std::string ToJson(const ModelConfig& config);
// The token ids alone, as generation_config.json holds them.
std::string GenerationConfigJson(const ModelConfig& config);

}  // namespace retort
