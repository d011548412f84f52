// config.json as Transformers 4 and 5 write it, both ways. A key that is neither known nor empty is refused: it may
// change what the model computes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/lm/model_config.h"

namespace retort {
namespace {

using Json = nlohmann::json;

// Reads keys of one JSON object with exact types; remembers none of them as a default unless told.
class Keys {
 public:
  // `prefix` stands before each key in messages.
  Keys(const Json& object, std::string file, std::string prefix = "")
      : object_(object), file_(std::move(file)), prefix_(std::move(prefix)) {
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

  [[noreturn]] void Fail(const std::string& key, const std::string& problem, const std::string& mend = "") const {
    throw Error({.file = file_, .place = "key " + prefix_ + key}, problem, mend);
  }

 private:
  const Json& object_;
  std::string file_, prefix_;
};

// What a family's config class says where config.json is silent, and what it always has.
struct Family {
  const char* model_type;
  const char* architecture;
  int num_key_value_heads;  // 0: as many as heads
  int head_dim;             // 0: hidden_size / heads
  int max_position_embeddings;
  bool query_key_value_bias, query_key_norm;
};
constexpr Family kFamilies[] = {{"llama", "LlamaForCausalLM", 0, 0, 2048, false, false},
                                {"mistral", "MistralForCausalLM", 8, 0, 131072, false, false},
                                {"qwen2", "Qwen2ForCausalLM", 32, 0, 32768, true, false},
                                {"qwen3", "Qwen3ForCausalLM", 32, 128, 32768, false, true}};

const Family& FamilyOf(const std::string& model_type, const Keys& keys) {
  std::string known;
  for (const Family& family : kFamilies) {
    if (model_type == family.model_type) return family;
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  keys.Fail("model_type", fmt::format("\"{}\" is not supported; {} are", model_type, known));
}

// Keys that change nothing of what is computed here, or that are read elsewhere (token ids, tokenizers, training).
constexpr const char* kHarmless[] = {"_name_or_path",
                                     "attention_dropout",
                                     "auto_map",
                                     "is_llama_config",
                                     "max_window_layers",
                                     "output_router_logits",
                                     "problem_type",
                                     "sep_token_id",
                                     "task_specific_params",
                                     "tokenizer_class",
                                     "transformers.js_config",
                                     "transformers_version",
                                     "unsloth_fixed",
                                     "unsloth_version",
                                     "use_cache",
                                     "_attn_implementation_autoset"};
// The defaults of text generation that old files of Transformers hold beside the architecture.
constexpr const char* kGeneration[] = {"max_length",
                                       "min_length",
                                       "num_beams",
                                       "temperature",
                                       "top_k",
                                       "top_p",
                                       "typical_p",
                                       "repetition_penalty",
                                       "length_penalty",
                                       "num_beam_groups",
                                       "diversity_penalty",
                                       "num_return_sequences",
                                       "chunk_size_feed_forward",
                                       "id2label",
                                       "label2id",
                                       "decoder_start_token_id",
                                       "return_dict"};

bool IsNothing(const Json& value) {
  return value.is_null() || value == false ||
         ((value.is_object() || value.is_array() || value.is_string()) && value.empty()) ||
         (value.is_number_integer() && value == 0);
}

// Refuses what no reader here has asked for: it may change the computation.
void CheckUnknown(const Json& json, const std::set<std::string>& known, const Keys& keys) {
  for (const auto& [key, value] : json.items()) {
    const auto is_key = [&key = key](const char* name) { return key == name; };
    if (IsNothing(value) || known.contains(key) || std::ranges::any_of(kHarmless, is_key) ||
        std::ranges::any_of(kGeneration, is_key)) {
      continue;
    }
    keys.Fail(key, fmt::format("{} is not supported", value.dump().substr(0, 80)),
              "if it changes nothing of what the model computes, take it out of the file");
  }
}

// `rope_scaling` of Transformers 4, `rope_parameters` of 5.
void ReadRope(const Json& json, const std::string& key, const Keys& outer, const std::string& file, ModelConfig& c) {
  if (!outer.Has(key)) return;
  if (!json[key].is_object()) outer.Fail(key, "must be an object");
  const Keys keys(json[key], file, key + ".");
  RopeScaling rope;
  rope.rope_type = keys.String("rope_type", keys.String("type", "default"));
  c.rope_theta = keys.Double("rope_theta", c.rope_theta, 1e-3, 1e12);
  std::set<std::string> known = {"rope_type", "type", "rope_theta"};
  if (rope.rope_type == "linear" || rope.rope_type == "dynamic" || rope.rope_type == "llama3") {
    rope.factor = keys.Double("factor", {}, 1, 1e4);
    known.insert("factor");
    // Transformers writes it beside every type; only llama3 reads it.
    known.insert("original_max_position_embeddings");
  } else if (rope.rope_type != "default") {
    keys.Fail("rope_type",
              fmt::format("\"{}\" is not supported; default, linear, dynamic and llama3 are", rope.rope_type));
  }
  if (rope.rope_type == "llama3") {
    rope.low_freq_factor = keys.Double("low_freq_factor", {}, 1e-6, 1e6);
    rope.high_freq_factor = keys.Double("high_freq_factor", {}, 1e-6, 1e6);
    if (!(rope.high_freq_factor > rope.low_freq_factor)) keys.Fail("high_freq_factor", "must be above low_freq_factor");
    rope.original_max_position_embeddings =
        keys.Int("original_max_position_embeddings", c.max_position_embeddings, 1, 1 << 24);
    known.insert({"low_freq_factor", "high_freq_factor"});
  }
  if (keys.Has("partial_rotary_factor") && keys.Double("partial_rotary_factor", {}, 0, 1) == 1) {
    known.insert("partial_rotary_factor");
  }
  CheckUnknown(json[key], known, keys);
  if (rope.rope_type != "default") c.rope_scaling = rope;
}

// layer_types where it stands; else for Mistral every layer, for Qwen those from max_window_layers on. Qwen has a
// window only with use_sliding_window.
void ReadWindow(const Json& json, const Keys& keys, ModelConfig& c) {
  const bool qwen = c.model_type.starts_with("qwen"), mistral = c.model_type == "mistral";
  // Of a Mistral's file an absent key means the class's 4,096; null means none.
  int window = 0;
  if (keys.Has("sliding_window")) window = keys.Int("sliding_window", {}, 0, 1 << 24);
  if (mistral && !json.contains("sliding_window")) window = 4096;
  if (qwen && window == 0) window = 4096;
  if (qwen && !keys.Bool("use_sliding_window", false)) window = 0;
  if (c.model_type == "llama" && window > 0) keys.Fail("sliding_window", "is not of a Llama");
  std::vector<bool> sliding(static_cast<size_t>(c.num_hidden_layers), window > 0);
  if (keys.Has("layer_types")) {
    const Json& types = json["layer_types"];
    if (!types.is_array() || types.size() != sliding.size()) {
      keys.Fail("layer_types", "max_window_layers", fmt::format("must be a list of {} types", sliding.size()));
    }
    for (size_t i = 0; i < sliding.size(); ++i) {
      if (types[i] != "full_attention" && types[i] != "sliding_attention") {
        keys.Fail("layer_types", fmt::format("{} is not supported", types[i].dump().substr(0, 80)));
      }
      sliding[i] = types[i] == "sliding_attention";
      if (sliding[i] && window == 0) keys.Fail("layer_types", "names sliding_attention, but there is no window");
    }
  } else if (qwen && window > 0) {
    const int full = keys.Int("max_window_layers", 28, 0, 1024);
    for (size_t i = 0; i < sliding.size(); ++i) sliding[i] = static_cast<int>(i) >= full;
  }
  if (std::ranges::find(sliding, true) == sliding.end()) return;
  c.sliding_window = window;
  if (std::ranges::find(sliding, false) != sliding.end() || qwen) c.sliding_layers = sliding;
}

// The keys of config.json that ReadModelConfig looks at.
constexpr std::array kRead = {"architectures",
                              "attention_bias",
                              "bos_token_id",
                              "dtype",
                              "eos_token_id",
                              "head_dim",
                              "hidden_act",
                              "hidden_size",
                              "initializer_range",
                              "intermediate_size",
                              "layer_types",
                              "max_position_embeddings",
                              "mlp_bias",
                              "model_type",
                              "num_attention_heads",
                              "num_hidden_layers",
                              "num_key_value_heads",
                              "pad_token_id",
                              "pretraining_tp",
                              "rms_norm_eps",
                              "rope_parameters",
                              "rope_scaling",
                              "rope_theta",
                              "sliding_window",
                              "tie_word_embeddings",
                              "torch_dtype",
                              "use_sliding_window",
                              "vocab_size"};

std::vector<int> ReadEos(const Json& json, const Keys& keys) {
  std::vector<int> ids;
  if (!keys.Has("eos_token_id")) return ids;
  const Json& eos = json["eos_token_id"];
  for (const Json& id : eos.is_array() ? eos : Json::array({eos})) {
    if (!id.is_number_integer() || id.get<int64_t>() < -1 || id.get<int64_t>() > (1 << 24)) {
      keys.Fail("eos_token_id", "must be a token id or a list of them");
    }
    ids.push_back(id.get<int>());
  }
  return ids;
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

ModelConfig ReadModelConfig(const std::filesystem::path& config_json) {
  const std::string file = config_json.string();
  const Json json = ParseJson(ReadFile(config_json, size_t{1} << 20), {.file = file});
  const Keys keys(json, file);
  ModelConfig c;
  c.model_type = keys.String("model_type", "llama");
  const Family& family = FamilyOf(c.model_type, keys);
  if (keys.Has("architectures") && json["architectures"] != Json::array({family.architecture})) {
    keys.Fail("architectures",
              fmt::format("{} is not supported for model_type {}; [\"{}\"] is",
                          json["architectures"].dump().substr(0, 80), c.model_type, family.architecture));
  }
  constexpr int kMax = 1 << 24;
  c.vocab_size = keys.Int("vocab_size", {}, 1, kMax);
  c.hidden_size = keys.Int("hidden_size", {}, 1, 1 << 16);
  c.intermediate_size = keys.Int("intermediate_size", {}, 1, 1 << 18);
  c.num_hidden_layers = keys.Int("num_hidden_layers", {}, 1, 1024);
  c.num_attention_heads = keys.Int("num_attention_heads", {}, 1, 1024);
  // A Qwen or Mistral whose file says null has one key-value head a head; an absent key is the class's own number.
  const bool null_heads = json.contains("num_key_value_heads") && json["num_key_value_heads"].is_null();
  c.num_key_value_heads = keys.Int(
      "num_key_value_heads",
      family.num_key_value_heads == 0 || null_heads ? c.num_attention_heads : family.num_key_value_heads, 1, 1024);
  if (c.num_attention_heads % c.num_key_value_heads != 0) {
    keys.Fail("num_key_value_heads",
              fmt::format("{} does not divide num_attention_heads = {}", c.num_key_value_heads, c.num_attention_heads));
  }
  if (!keys.Has("head_dim") && family.head_dim == 0 && c.hidden_size % c.num_attention_heads != 0) {
    keys.Fail("hidden_size",
              fmt::format("{} is no multiple of num_attention_heads = {}", c.hidden_size, c.num_attention_heads));
  }
  c.head_dim =
      keys.Int("head_dim", family.head_dim > 0 ? family.head_dim : c.hidden_size / c.num_attention_heads, 2, 1 << 12);
  if (c.head_dim % 2 != 0) keys.Fail("head_dim", "must be even for rotary positions");
  c.max_position_embeddings = keys.Int("max_position_embeddings", family.max_position_embeddings, 1, kMax);
  c.rms_norm_eps = keys.Double("rms_norm_eps", 1e-6, 0, 1);
  c.tie_word_embeddings = keys.Bool("tie_word_embeddings", false);
  c.initializer_range = keys.Double("initializer_range", 0.02, 0, 10);
  c.rope_theta = keys.Double("rope_theta", 10000.0, 1e-3, 1e12);
  ModelConfig old = c;
  ReadRope(json, "rope_scaling", keys, file, old);
  ReadRope(json, "rope_parameters", keys, file, c);
  if (!keys.Has("rope_parameters")) {
    c.rope_theta = old.rope_theta;
    c.rope_scaling = old.rope_scaling;
  } else if (keys.Has("rope_scaling") && old.rope_scaling != c.rope_scaling) {
    keys.Fail("rope_scaling", "contradicts rope_parameters", "take one of the two out");
  }
  ReadWindow(json, keys, c);
  if (keys.String("hidden_act", "silu") != "silu") keys.Fail("hidden_act", "only silu is supported");
  c.query_key_norm = family.query_key_norm;
  // Llama and Qwen3 give the output projection the same bias; Qwen2 always has that of q, k and v alone.
  if (c.model_type == "llama" || c.model_type == "qwen3") {
    c.attention_bias = c.attention_output_bias = keys.Bool("attention_bias", false);
  } else if (keys.Bool("attention_bias", family.query_key_value_bias) != family.query_key_value_bias) {
    keys.Fail("attention_bias", fmt::format("is not a choice of model_type {}", c.model_type));
  } else {
    c.attention_bias = family.query_key_value_bias;
  }
  c.mlp_bias = keys.Bool("mlp_bias", false);
  if (c.mlp_bias && c.model_type != "llama") keys.Fail("mlp_bias", "is of a Llama only");
  if (keys.Int("pretraining_tp", 1, 1, kMax) != 1) keys.Fail("pretraining_tp", "only 1 is supported");
  if (keys.Has("quantization_config")) keys.Fail("quantization_config", "quantised checkpoints are not supported");
  c.bos_token_id = keys.Int("bos_token_id", -1, -1, kMax);
  c.pad_token_id = keys.Int("pad_token_id", -1, -1, kMax);
  c.eos_token_id = ReadEos(json, keys);
  const std::filesystem::path generation = config_json.parent_path() / "generation_config.json";
  if (std::filesystem::exists(generation)) {
    const Json beside = ParseJson(ReadFile(generation, size_t{1} << 20), {.file = generation.string()});
    // Which ids end an answer: the generation's word counts more (Llama 3 Instruct adds <|eot_id|> there).
    const std::vector<int> eos = ReadEos(beside, Keys(beside, generation.string()));
    if (!eos.empty()) c.eos_token_id = eos;
  }
  for (const int id : c.eos_token_id) {
    if (id >= c.vocab_size)
      keys.Fail("eos_token_id", fmt::format("{} is outside the vocabulary of {}", id, c.vocab_size));
  }
  if (c.bos_token_id >= c.vocab_size) {
    keys.Fail("bos_token_id", fmt::format("{} is outside the vocabulary of {}", c.bos_token_id, c.vocab_size));
  }
  c.dtype = keys.String("dtype", keys.String("torch_dtype", "float32"));
  if (c.dtype != "float32" && c.dtype != "bfloat16" && c.dtype != "float16") {
    keys.Fail("dtype", fmt::format("\"{}\" is not supported; float32, bfloat16 and float16 are", c.dtype));
  }
  CheckUnknown(json, {kRead.begin(), kRead.end()}, keys);
  return c;
}

std::string ToJson(const ModelConfig& c) {
  Json rope = {{"rope_type", c.rope_scaling.rope_type}, {"rope_theta", c.rope_theta}};
  if (c.rope_scaling.rope_type != "default") rope["factor"] = c.rope_scaling.factor;
  if (c.rope_scaling.rope_type == "llama3") {
    rope["low_freq_factor"] = c.rope_scaling.low_freq_factor;
    rope["high_freq_factor"] = c.rope_scaling.high_freq_factor;
    rope["original_max_position_embeddings"] = c.rope_scaling.original_max_position_embeddings;
  }
  const auto* family = std::ranges::find_if(kFamilies, [&](const Family& f) { return c.model_type == f.model_type; });
  assert(family != std::end(kFamilies));
  Json json = {{"architectures", {family->architecture}},
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
               {"rope_parameters", rope},
               {"tie_word_embeddings", c.tie_word_embeddings},
               {"initializer_range", c.initializer_range},
               {"hidden_act", "silu"},
               {"dtype", c.dtype},
               {"torch_dtype", c.dtype}};
  if (c.rope_scaling.rope_type != "default") {
    json["rope_scaling"] = rope;  // Transformers 4
    json["rope_scaling"].erase("rope_theta");
  }
  if (c.model_type == "llama" || c.model_type == "qwen3") json["attention_bias"] = c.attention_output_bias;
  if (c.model_type == "llama") json["mlp_bias"] = c.mlp_bias;
  if (c.model_type == "mistral") {
    json["sliding_window"] = c.sliding_window > 0 ? Json(c.sliding_window) : Json();
    for (int layer = 0; layer < c.num_hidden_layers && !c.sliding_layers.empty(); ++layer) {
      json["layer_types"].push_back(c.Window(layer) > 0 ? "sliding_attention" : "full_attention");
    }
  }
  if (c.model_type.starts_with("qwen")) {
    json["use_sliding_window"] = c.sliding_window > 0;
    json["sliding_window"] = c.sliding_window > 0 ? Json(c.sliding_window) : Json();
    for (int layer = 0; layer < c.num_hidden_layers; ++layer) {
      json["layer_types"].push_back(c.Window(layer) > 0 ? "sliding_attention" : "full_attention");
    }
  }
  json.update(TokenIds(c));
  return json.dump(2) + "\n";
}

std::string GenerationConfigJson(const ModelConfig& c) { return TokenIds(c).dump(2) + "\n"; }

}  // namespace retort
