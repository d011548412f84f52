#include "core/lm/lora.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/lm/linear_maps.h"
#include "core/lm/safetensors.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

static_assert(kLinearMaps.size() == kProjections);
constexpr char kAdapterWeights[] = "adapter_model.safetensors";

bool IsTarget(const LoraConfig& config, size_t map) {
  return std::ranges::any_of(config.target_modules,
                             [&](const std::string& name) { return name == kAllLinear || name == kLinearMaps[map]; });
}

// (out, in) of each map.
std::array<std::pair<int64_t, int64_t>, kProjections> Shapes(const ModelConfig& c) {
  const int64_t d = c.hidden_size, f = c.intermediate_size;
  const int64_t q = int64_t{c.num_attention_heads} * c.head_dim, kv = int64_t{c.num_key_value_heads} * c.head_dim;
  return {{{q, d}, {kv, d}, {kv, d}, {d, q}, {f, d}, {f, d}, {d, f}}};
}

}  // namespace

LoraAdapters::LoraAdapters(const ModelConfig& model, const LoraConfig& config, uint64_t seed)
    : config_(config), shapes_(Shapes(model)) {
  for (const std::string& name : config.target_modules) {
    if (name != kAllLinear && std::ranges::find(kLinearMaps, name) == kLinearMaps.end()) {
      throw Error({.place = "target_modules"}, fmt::format("\"{}\" is no linear map of the model", name),
                  fmt::format("these are: {}, or all-linear", fmt::join(kLinearMaps, ", ")));
    }
  }
  const int64_t r = config.r;
  int64_t total = 0;
  for (size_t map = 0; map < kProjections; ++map) {
    if (IsTarget(config, map)) total += model.num_hidden_layers * r * (shapes_[map].first + shapes_[map].second);
  }
  if (r < 1 || total == 0) throw Error("LoRA needs a rank r of at least 1 and a target module");
  flat_ = at::zeros({total});
  layers_.resize(static_cast<size_t>(model.num_hidden_layers));
  MakeViews();
  // Kaiming's uniform with a = sqrt(5), as PEFT has it.
  RandomStream random(seed, "lora/init");
  for (auto& layer : layers_) {
    for (size_t map = 0; map < kProjections; ++map) {
      if (!layer[map].a.defined()) continue;
      const double bound = 1 / std::sqrt(static_cast<double>(shapes_[map].second));
      auto* a = layer[map].a.mutable_data_ptr<float>();
      for (int64_t i = 0; i < layer[map].a.numel(); ++i) a[i] = static_cast<float>(bound * (2 * random.Uniform() - 1));
    }
  }
}

void LoraAdapters::MakeViews() {
  int64_t offset = 0;
  const auto take = [&](int64_t rows, int64_t columns) {
    const at::Tensor view = flat_.narrow(0, offset, rows * columns).view({rows, columns}).detach();
    offset += rows * columns;
    return view;
  };
  for (auto& layer : layers_) {
    for (size_t map = 0; map < kProjections; ++map) {
      if (!IsTarget(config_, map)) continue;
      layer[map].a = take(config_.r, shapes_[map].second);
      layer[map].b = take(shapes_[map].first, config_.r);
    }
  }
}

void LoraAdapters::To(const std::string& device) {
  flat_ = flat_.to(at::Device(device));
  MakeViews();
}

void LoraAdapters::EnableGradients(const at::Tensor& flat_grad) {
  for (auto& layer : layers_) {
    for (Pair& pair : layer) {
      for (at::Tensor* leaf : {&pair.a, &pair.b}) {
        if (!leaf->defined()) continue;
        leaf->set_requires_grad(true);
        leaf->mutable_grad() = flat_grad.narrow(0, leaf->storage_offset(), leaf->numel()).view(leaf->sizes());
      }
    }
  }
}

at::Tensor LoraAdapters::Delta(size_t layer, std::span<const Projection> maps, const at::Tensor& x) const {
  std::vector<at::Tensor> parts;
  bool any = false;
  for (const Projection map : maps) {
    const Pair& pair = Of(layer, map);
    std::vector<int64_t> shape = x.sizes().vec();
    shape.back() = shapes_[static_cast<size_t>(map)].first;
    if (!pair.a.defined()) {
      parts.push_back(at::zeros(shape, x.options()));
      continue;
    }
    any = true;
    const at::Tensor input = training_ && config_.lora_dropout > 0 ? at::dropout(x, config_.lora_dropout, true) : x;
    parts.push_back(at::linear(at::linear(input, pair.a), pair.b) * config_.Scale());
  }
  if (!any) return {};
  return parts.size() == 1 ? parts.front() : at::cat(parts, -1);
}

at::Tensor LoraAdapters::MergedDelta(size_t layer, Projection map) const {
  const Pair& pair = Of(layer, map);
  if (!pair.a.defined()) return {};
  return at::mm(pair.b.detach(), pair.a.detach()) * config_.Scale();
}

std::vector<std::pair<std::string, at::Tensor>> LoraAdapters::NamedParameters() const {
  std::vector<std::pair<std::string, at::Tensor>> named;
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    for (size_t map = 0; map < kProjections; ++map) {
      const Pair& pair = layers_[layer][map];
      if (!pair.a.defined()) continue;
      const std::string prefix =
          fmt::format("base_model.model.model.layers.{}.{}.{}", layer, map < 4 ? "self_attn" : "mlp", kLinearMaps[map]);
      named.emplace_back(prefix + ".lora_A.weight", pair.a.detach());
      named.emplace_back(prefix + ".lora_B.weight", pair.b.detach());
    }
  }
  return named;
}

void SaveAdapters(const LoraAdapters& adapters, const fs::path& folder, const std::string& base) {
  const LoraConfig& c = adapters.config();
  fs::create_directories(folder);
  WriteSafetensors(folder / kAdapterWeights, adapters.NamedParameters(), "float32");
  std::vector<std::string> targets;
  for (size_t map = 0; map < kProjections; ++map) {
    if (IsTarget(c, map)) targets.emplace_back(kLinearMaps[map]);
  }
  const Json json = {{"peft_type", "LORA"},
                     {"task_type", "CAUSAL_LM"},
                     {"base_model_name_or_path", base},
                     {"r", c.r},
                     {"lora_alpha", c.lora_alpha},
                     {"lora_dropout", c.lora_dropout},
                     {"use_rslora", c.use_rslora},
                     {"target_modules", targets},
                     {"bias", "none"},
                     {"fan_in_fan_out", false},
                     {"init_lora_weights", true},
                     {"inference_mode", true}};
  WriteFileAtomic(folder / kAdapterConfig, json.dump(2) + "\n");
}

AdapterFile ReadAdapterConfig(const fs::path& folder) {
  const std::string file = (folder / kAdapterConfig).string();
  const Json json = ParseJson(ReadFile(file, size_t{1} << 20), {.file = file});
  const auto fail = [&](const std::string& key, const std::string& problem) {
    throw Error({.file = file, .place = "key " + key}, problem);
  };
  if (!json.is_object()) throw Error({.file = file}, "is no JSON object");
  AdapterFile result;
  const auto get = [&](const std::string& key, auto& value, auto&& is_type, const char* type) {
    if (!json.contains(key) || json[key].is_null()) return false;
    if (!is_type(json[key])) fail(key, fmt::format("must be {}", type));
    json[key].get_to(value);
    return true;
  };
  const auto number = [](const Json& v) { return v.is_number(); };
  const auto integer = [](const Json& v) { return v.is_number_integer() && v > 0 && v <= (1 << 16); };
  const auto boolean = [](const Json& v) { return v.is_boolean(); };
  const auto text = [](const Json& v) { return v.is_string(); };
  std::string kind;
  if (!get("peft_type", kind, text, "a text") || kind != "LORA") fail("peft_type", "only \"LORA\" is supported");
  if (!get("r", result.config.r, integer, "a whole number of at least 1")) fail("r", "is missing");
  result.config.lora_alpha = 8;  // PEFT's own default
  get("lora_alpha", result.config.lora_alpha, number, "a number");
  get("lora_dropout", result.config.lora_dropout, number, "a number");
  get("use_rslora", result.config.use_rslora, boolean, "true or false");
  get("base_model_name_or_path", result.base_model_name_or_path, text, "a text");
  result.config.target_modules.clear();
  if (!json.contains("target_modules")) fail("target_modules", "is missing");
  for (const Json& name :
       json["target_modules"].is_array() ? json["target_modules"] : Json::array({json["target_modules"]})) {
    if (!name.is_string()) fail("target_modules", "must be a list of names");
    // PEFT may name each layer's map: "model.layers.0.mlp.down_proj". A layer without its adapter is found missing
    // below.
    std::string module = name.get<std::string>();
    module = module.substr(module.rfind('.') + 1);
    if (module != kAllLinear && std::ranges::find(kLinearMaps, module) == kLinearMaps.end()) {
      fail("target_modules",
           fmt::format("\"{}\" is not supported; {} are", Excerpt(module), fmt::join(kLinearMaps, ", ")));
    }
    std::vector<std::string>& targets = result.config.target_modules;
    if (std::ranges::find(targets, module) == targets.end()) targets.push_back(module);
  }
  if (result.config.target_modules.empty()) fail("target_modules", "is empty");
  // Every other key that says anything is refused: it may change the numbers.
  static const std::set<std::string> kRead = {
      "peft_type", "r", "lora_alpha", "lora_dropout", "use_rslora", "base_model_name_or_path", "target_modules"};
  static const std::set<std::string> kHarmless = {
      "task_type",      "inference_mode", "peft_version",      "revision",       "auto_mapping",
      "layers_pattern", "megatron_core",  "qalora_group_size", "runtime_config", "ensure_weight_tying"};
  for (const auto& [key, value] : json.items()) {
    const bool nothing =
        value.is_null() || value == false || ((value.is_array() || value.is_object()) && value.empty());
    if (nothing || kRead.contains(key) || kHarmless.contains(key)) continue;
    if (key == "bias" && value == "none") continue;
    // How A and B began is past; some beginnings change the base's weights too.
    if (key == "init_lora_weights" &&
        (value == true || value == "gaussian" || value == "orthogonal" || value == "eva")) {
      continue;
    }
    fail(key, fmt::format("{} is not supported",
                          value.is_string() ? Excerpt(value.get<std::string>()) : value.dump().substr(0, 80)));
  }
  if (result.base_model_name_or_path.empty()) fail("base_model_name_or_path", "is missing");
  return result;
}

void LoadAdapters(const fs::path& folder, LoraAdapters& adapters) {
  const at::NoGradGuard no_grad;
  const SafetensorsFile file(folder / kAdapterWeights);
  std::set<std::string> known;
  for (const auto& [name, tensor] : adapters.NamedParameters()) {
    file.ReadInto(name, tensor);
    known.insert(name);
  }
  for (const std::string& name : file.Names()) {
    if (!known.contains(name)) {
      throw Error({.file = (folder / kAdapterWeights).string(), .place = "tensor " + name},
                  "belongs to no adapter that adapter_config.json names");
    }
  }
}

}  // namespace retort
