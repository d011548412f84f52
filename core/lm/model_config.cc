#include "core/lm/model_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace retort {
namespace {

using Json = nlohmann::json;

// Reads keys of one JSON object with exact types; remembers none of them as a default unless told.
class Keys {
 public:
  Keys(const Json& object, std::string file) : object_(object), file_(std::move(file)) {
    if (!object.is_object()) throw Error({.file = file_}, "is no JSON object");
  }

  bool Has(const std::string& key) const { return object_.contains(key) && !object_[key].is_null(); }

  int Int(const std::string& key, std::optional<int> fallback, int min, int max) const {
    if (!Has(key) && fallback) return *fallback;
    const Json& value = Get(key);
    if (!value.is_number_integer()) Fail(key, "must be an integer");
    const auto number = value.get<int64_t>();
    if (number < min || number > max) Fail(key, fmt::format("is {}, outside {} .. {}", number, min, max));
    return static_cast<int>(number);
  }

  double Double(const std::string& key, std::optional<double> fallback, double min, double max) const {
    if (!Has(key) && fallback) return *fallback;
    const Json& value = Get(key);
    if (!value.is_number()) Fail(key, "must be a number");
    const auto number = value.get<double>();
    if (!(number >= min && number <= max)) Fail(key, fmt::format("is {}, outside {} .. {}", number, min, max));
    return number;
  }

  bool Bool(const std::string& key, bool fallback) const {
    if (!Has(key)) return fallback;
    if (!object_[key].is_boolean()) Fail(key, "must be true or false");
    return object_[key].get<bool>();
  }

  std::string String(const std::string& key, const std::string& fallback) const {
    if (!Has(key)) return fallback;
    if (!object_[key].is_string()) Fail(key, "must be a string");
    return object_[key].get<std::string>();
  }

  const Json& Get(const std::string& key) const {
    if (!Has(key)) Fail(key, "is missing");
    return object_[key];
  }

  [[noreturn]] void Fail(const std::string& key, const std::string& problem) const {
    throw Error({.file = file_, .place = "key " + key}, problem);
  }

 private:
  const Json& object_;
  std::string file_;
};

// A rotary scaling other than "default" changes the positions: refused by name.
void CheckRope(const Json& rope, const Keys& keys, const std::string& key) {
  if (!rope.is_object()) keys.Fail(key, "must be an object");
  for (const char* type : {"rope_type", "type"}) {
    if (rope.contains(type) && rope[type] != "default") {
      keys.Fail(key, fmt::format("{} = {} is not supported", type, rope[type].dump()));
    }
  }
}

// What config.json and generation_config.json both hold.
Json TokenIds(const ModelConfig& c) {
  Json json = Json::object();
  if (c.bos_token_id >= 0) json["bos_token_id"] = c.bos_token_id;
  if (c.pad_token_id >= 0) json["pad_token_id"] = c.pad_token_id;
  if (c.eos_token_id.size() == 1) json["eos_token_id"] = c.eos_token_id[0];
  if (c.eos_token_id.size() > 1) json["eos_token_id"] = c.eos_token_id;
  return json;
}

}  // namespace

int64_t ModelConfig::ParameterCount() const {
  const int64_t d = hidden_size, f = intermediate_size, dh = head_dim;
  const int64_t block =
      2 * d + (num_attention_heads + 2 * num_key_value_heads) * dh * d + d * num_attention_heads * dh + 3 * f * d;
  return num_hidden_layers * block + d + vocab_size * d * (tie_word_embeddings ? 1 : 2);
}

ModelConfig ReadModelConfig(const std::filesystem::path& config_json) {
  const std::string file = config_json.string();
  const Json json = ParseJson(ReadFile(config_json, size_t{1} << 20), {.file = file});
  const Keys keys(json, file);
  ModelConfig c;
  c.model_type = keys.String("model_type", "llama");
  if (c.model_type != "llama") keys.Fail("model_type", fmt::format("\"{}\" is not supported; llama is", c.model_type));
  constexpr int kMax = 1 << 24;
  c.vocab_size = keys.Int("vocab_size", {}, 1, kMax);
  c.hidden_size = keys.Int("hidden_size", {}, 1, 1 << 16);
  c.intermediate_size = keys.Int("intermediate_size", {}, 1, 1 << 18);
  c.num_hidden_layers = keys.Int("num_hidden_layers", {}, 1, 1024);
  c.num_attention_heads = keys.Int("num_attention_heads", {}, 1, 1024);
  c.num_key_value_heads = keys.Int("num_key_value_heads", c.num_attention_heads, 1, 1024);
  if (c.num_attention_heads % c.num_key_value_heads != 0) {
    keys.Fail("num_key_value_heads",
              fmt::format("{} does not divide num_attention_heads = {}", c.num_key_value_heads, c.num_attention_heads));
  }
  if (!keys.Has("head_dim") && c.hidden_size % c.num_attention_heads != 0) {
    keys.Fail("hidden_size",
              fmt::format("{} is no multiple of num_attention_heads = {}", c.hidden_size, c.num_attention_heads));
  }
  c.head_dim = keys.Int("head_dim", c.hidden_size / c.num_attention_heads, 2, 1 << 12);
  if (c.head_dim % 2 != 0) keys.Fail("head_dim", "must be even for rotary positions");
  c.max_position_embeddings = keys.Int("max_position_embeddings", 2048, 1, kMax);
  c.rms_norm_eps = keys.Double("rms_norm_eps", 1e-6, 0, 1);
  c.tie_word_embeddings = keys.Bool("tie_word_embeddings", false);
  c.initializer_range = keys.Double("initializer_range", 0.02, 0, 10);
  c.rope_theta = keys.Double("rope_theta", 10000.0, 1e-3, 1e12);
  if (keys.Has("rope_scaling")) CheckRope(json["rope_scaling"], keys, "rope_scaling");
  if (keys.Has("rope_parameters")) {
    CheckRope(json["rope_parameters"], keys, "rope_parameters");
    c.rope_theta = Keys(json["rope_parameters"], file).Double("rope_theta", c.rope_theta, 1e-3, 1e12);
  }
  if (keys.String("hidden_act", "silu") != "silu") keys.Fail("hidden_act", "only silu is supported");
  for (const char* flag : {"attention_bias", "mlp_bias"}) {
    if (keys.Bool(flag, false)) keys.Fail(flag, "true is not supported");
  }
  if (keys.Int("pretraining_tp", 1, 1, kMax) != 1) keys.Fail("pretraining_tp", "only 1 is supported");
  if (keys.Has("quantization_config")) keys.Fail("quantization_config", "quantised checkpoints are not supported");
  c.bos_token_id = keys.Int("bos_token_id", -1, -1, kMax);
  c.pad_token_id = keys.Int("pad_token_id", -1, -1, kMax);
  if (keys.Has("eos_token_id")) {
    const Json& eos = json["eos_token_id"];
    for (const Json& id : eos.is_array() ? eos : Json::array({eos})) {
      if (!id.is_number_integer()) keys.Fail("eos_token_id", "must be an integer or a list of integers");
      c.eos_token_id.push_back(id.get<int>());
    }
  }
  c.dtype = keys.String("dtype", keys.String("torch_dtype", "float32"));
  if (c.dtype != "float32" && c.dtype != "bfloat16" && c.dtype != "float16") {
    keys.Fail("dtype", fmt::format("\"{}\" is not supported; float32, bfloat16 and float16 are", c.dtype));
  }
  return c;
}

std::string ToJson(const ModelConfig& c) {
  Json json = {{"architectures", {"LlamaForCausalLM"}},
               {"model_type", c.model_type},
               {"vocab_size", c.vocab_size},
               {"hidden_size", c.hidden_size},
               {"intermediate_size", c.intermediate_size},
               {"num_hidden_layers", c.num_hidden_layers},
               {"num_attention_heads", c.num_attention_heads},
               {"num_key_value_heads", c.num_key_value_heads},
               {"head_dim", c.head_dim},
               {"max_position_embeddings", c.max_position_embeddings},
               {"rms_norm_eps", c.rms_norm_eps},
               {"rope_theta", c.rope_theta},
               {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", c.rope_theta}}},
               {"tie_word_embeddings", c.tie_word_embeddings},
               {"initializer_range", c.initializer_range},
               {"hidden_act", "silu"},
               {"attention_bias", false},
               {"mlp_bias", false},
               {"dtype", c.dtype},
               {"torch_dtype", c.dtype}};
  json.update(TokenIds(c));
  return json.dump(2) + "\n";
}

std::string GenerationConfigJson(const ModelConfig& c) { return TokenIds(c).dump(2) + "\n"; }

}  // namespace retort
