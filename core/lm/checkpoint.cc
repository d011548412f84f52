#include "core/lm/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/lm/lora.h"
#include "core/lm/safetensors.h"
#include "core/lm/transformer.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizerFiles[] = {"tokenizer.model",         "tokenizer.json",      "tokenizer_config.json",
                                           "special_tokens_map.json", "chat_template.jinja", "added_tokens.json"};

// The files that hold the weights: one, or the shards that an index names. Tensor name -> file.
class Weights {
 public:
  explicit Weights(const fs::path& folder) : folder_(folder) {
    const fs::path single = folder / "model.safetensors", index = folder / "model.safetensors.index.json";
    if (fs::exists(single)) {
      files_.emplace(single.filename().string(), std::make_unique<SafetensorsFile>(single));
      return;
    }
    if (!fs::exists(index)) {
      throw Error({.file = folder.string()}, "has neither model.safetensors nor model.safetensors.index.json");
    }
    const nlohmann::json json = ParseJson(ReadFile(index, size_t{64} << 20), {.file = index.string()});
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object() ||
        json["weight_map"].empty()) {
      throw Error({.file = index.string()}, "has no weight_map, or an empty one");
    }
    for (const auto& [name, file] : json["weight_map"].items()) {
      // A shard's name must stay in this folder.
      if (!file.is_string() || fs::path(file.get<std::string>()).filename() != file.get<std::string>()) {
        throw Error({.file = index.string(), .place = "tensor " + name}, "names no file of this folder");
      }
      shard_of_[name] = file.get<std::string>();
      if (!files_.contains(file.get<std::string>())) {
        files_.emplace(file.get<std::string>(), std::make_unique<SafetensorsFile>(folder / file.get<std::string>()));
      }
    }
  }

  bool Has(const std::string& name) const {
    if (shard_of_.empty()) return files_.begin()->second->Has(name);
    return shard_of_.contains(name);
  }
  // A tensor that is not there passes: its absence is told where it is read.
  void CheckShape(const std::string& name, const std::vector<int64_t>& shape) const {
    if (Has(name)) FileOf(name).CheckShape(name, shape);
  }
  void ReadInto(const std::string& name, const at::Tensor& target) const { FileOf(name).ReadInto(name, target); }
  bool AreBfloat16() const {
    return std::all_of(files_.begin(), files_.end(), [](const auto& file) { return file.second->IsBfloat16(); });
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& [file, tensors] : files_) {
      for (std::string& name : tensors->Names()) names.push_back(std::move(name));
    }
    return names;
  }

 private:
  const SafetensorsFile& FileOf(const std::string& name) const {
    if (shard_of_.empty()) return *files_.begin()->second;
    const auto shard = shard_of_.find(name);
    if (shard == shard_of_.end()) {
      throw Error({.file = (folder_ / "model.safetensors.index.json").string(), .place = "tensor " + name},
                  "is missing");
    }
    return *files_.at(shard->second);
  }

  fs::path folder_;
  std::map<std::string, std::unique_ptr<SafetensorsFile>> files_;
  std::map<std::string, std::string> shard_of_;
};

// Layer number of "model.layers.<n>.…" or -1.
int LayerOf(const std::string& name) {
  constexpr std::string_view kPrefix = "model.layers.";
  if (!name.starts_with(kPrefix)) return -1;
  return std::atoi(name.c_str() + kPrefix.size());
}

std::string WithLayer(const std::string& name, int layer) {
  constexpr std::string_view kPrefix = "model.layers.";
  const size_t dot = std::min(name.find('.', kPrefix.size()), name.size());
  return fmt::format("{}{}{}", kPrefix, layer, name.substr(dot));
}

bool IsModel(const fs::path& folder) {
  return fs::exists(folder / "config.json") || fs::exists(folder / kAdapterConfig);
}
bool HasAdapters(const fs::path& folder) {
  return !fs::exists(folder / "config.json") && fs::exists(folder / kAdapterConfig);
}

// Where `huggingface-cli download org/name` has put a model; empty if it has not.
fs::path InCache(const std::string& name) {
  if (std::ranges::count(name, '/') != 1 || name.starts_with('/') || name.starts_with('.') || name.ends_with('/'))
    return {};
  const auto variable = [](const char* key) {
    const char* value = std::getenv(key);  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
    return fs::path(value != nullptr ? value : "");
  };
  fs::path hub = variable("HF_HUB_CACHE");
  if (hub.empty()) hub = variable("HUGGINGFACE_HUB_CACHE");
  if (hub.empty() && !variable("HF_HOME").empty()) hub = variable("HF_HOME") / "hub";
  if (hub.empty() && !variable("XDG_CACHE_HOME").empty()) hub = variable("XDG_CACHE_HOME") / "huggingface/hub";
  if (hub.empty()) hub = variable("HOME") / ".cache/huggingface/hub";
  const fs::path model = hub / ("models--" + name.substr(0, name.find('/')) + "--" + name.substr(name.find('/') + 1));
  if (!fs::exists(model / "refs" / "main")) return {};
  std::string revision = ReadFile(model / "refs" / "main", 4096);
  std::erase_if(revision, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  const fs::path snapshot = model / "snapshots" / revision;
  return IsModel(snapshot) ? snapshot : fs::path();
}

// The folder of the base that a folder of adapters names.
fs::path BaseOf(const fs::path& folder) {
  const std::string base = ReadAdapterConfig(folder).base_model_name_or_path;
  const fs::path found = FindModel(base, folder);
  if (HasAdapters(found)) {
    throw Error({.file = (folder / kAdapterConfig).string(), .place = "key base_model_name_or_path"},
                fmt::format("{} holds adapters itself", found.string()), "merge them first");
  }
  return found;
}

// The base with its adapters added to its weights.
std::unique_ptr<Transformer> LoadWithAdapters(const fs::path& folder, const LoadOptions& options) {
  if (!options.keep_layers.empty()) {
    throw Error({.file = folder.string()}, "keep_layers cannot cut a model with adapters", "merge them first");
  }
  std::unique_ptr<Transformer> model = LoadCheckpoint(BaseOf(folder));
  model->AddAdapters(ReadAdapterConfig(folder).config, 0);
  LoadAdapters(folder, *model->adapters());
  model->MergeAdapters();
  return model;
}

// Rotary buffers that old checkpoints carry; recomputed, so not an unknown tensor.
bool IsBuffer(const std::string& name) { return name.ends_with("rotary_emb.inv_freq"); }

}  // namespace

std::unique_ptr<Transformer> LoadCheckpoint(const fs::path& folder, const LoadOptions& options) {
  if (HasAdapters(folder)) return LoadWithAdapters(folder, options);
  if (fs::exists(folder / kAdapterConfig)) {
    throw Error({.file = folder.string()}, "holds a model and adapters at once, and does not say which is meant",
                "move adapter_config.json and adapter_model.safetensors into a folder of their own");
  }
  ModelConfig config = ReadModelConfig(folder / "config.json");
  const int layers = config.num_hidden_layers;
  std::vector<int> keep = options.keep_layers;
  if (keep.empty()) {
    for (int i = 0; i < layers; ++i) keep.push_back(i);
  }
  for (const int layer : keep) {
    if (layer < 0 || layer >= layers) {
      throw Error({.file = folder.string()},
                  fmt::format("keep_layers names layer {}; the model has layers 0 to {}", layer, layers - 1));
    }
  }
  if (!config.sliding_layers.empty()) {
    std::vector<bool> kept;
    kept.reserve(keep.size());
    for (const int layer : keep) kept.push_back(config.sliding_layers[static_cast<size_t>(layer)]);
    config.sliding_layers = std::move(kept);
  }
  config.num_hidden_layers = static_cast<int>(keep.size());
  const Weights weights(folder);
  // Before memory is taken for what config.json says: does the file hold it?
  weights.CheckShape("model.embed_tokens.weight", {config.vocab_size, config.hidden_size});
  weights.CheckShape(fmt::format("model.layers.{}.mlp.down_proj.weight", keep.front()),
                     {config.hidden_size, config.intermediate_size});
  // The same weights tied and untied: a checkpoint may carry lm_head although it is tied (ignored), never lack it.
  auto model = std::make_unique<Transformer>(config, options.keep_narrow && weights.AreBfloat16());
  const at::NoGradGuard no_grad;
  std::set<std::string> read;
  for (auto& [name, tensor] : model->NamedParameters()) {
    const int layer = LayerOf(name);
    const std::string source = layer < 0 ? name : WithLayer(name, keep[static_cast<size_t>(layer)]);
    weights.ReadInto(source, tensor);
  }
  if (config.tie_word_embeddings && weights.Has("lm_head.weight")) {
    at::Tensor head = at::empty_like(model->embed());
    weights.ReadInto("lm_head.weight", head);
    if (!head.equal(model->embed())) {
      throw Error({.file = folder.string(), .place = "tensor lm_head.weight"},
                  "differs from the embedding that config.json ties it to",
                  "set tie_word_embeddings to false, or take the tensor out");
    }
  }
  // What the file has and the architecture lacks would be left out silently: refuse it (biases, query norms, experts).
  const std::vector<std::pair<std::string, at::Tensor>> known = model->NamedParameters();
  for (const std::string& name : weights.Names()) {
    const int layer = LayerOf(name);
    if (IsBuffer(name) || name == "lm_head.weight") continue;
    if (layer >= layers) {
      throw Error({.file = folder.string(), .place = "tensor " + name},
                  fmt::format("belongs to layer {}; config.json says num_hidden_layers = {}", layer, layers));
    }
    const std::string expected = layer < 0 ? name : WithLayer(name, 0);
    if (std::none_of(known.begin(), known.end(), [&](const auto& p) { return p.first == expected; })) {
      throw Error({.file = folder.string(), .place = "tensor " + name}, "belongs to no part of this architecture",
                  fmt::format("the model is no plain decoder of model_type {}", config.model_type));
    }
  }
  return model;
}

void SaveCheckpoint(const Transformer& model, const fs::path& folder, const fs::path& tokenizer_folder,
                    const std::string& model_card) {
  fs::create_directories(folder);
  for (const char* file : kTokenizerFiles) {
    if (fs::exists(tokenizer_folder / file) && !fs::equivalent(tokenizer_folder, folder)) {
      WriteFileAtomic(folder / file, ReadFile(tokenizer_folder / file));
    }
  }
  const ModelConfig& config = model.config();
  WriteSafetensors(folder / "model.safetensors", model.NamedParameters(), config.dtype);
  WriteFileAtomic(folder / "generation_config.json", GenerationConfigJson(config));
  if (!model_card.empty()) WriteFileAtomic(folder / "README.md", model_card);
  WriteFileAtomic(folder / "config.json", ToJson(config));
}

std::string HashCheckpoint(const fs::path& folder) {
  static std::recursive_mutex mutex;  // adapters ask for their base
  static std::map<std::string, std::string> known;
  const std::lock_guard lock(mutex);
  std::string& hash = known[fs::weakly_canonical(folder).string()];
  if (!hash.empty()) return hash;
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) throw Error({.file = folder.string()}, "is no model folder");
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    const bool tokenizer = std::any_of(std::begin(kTokenizerFiles), std::end(kTokenizerFiles),
                                       [&](const char* name) { return path.filename() == name; });
    if (tokenizer || path.extension() == ".safetensors" || path.filename() == "config.json" ||
        path.filename() == "generation_config.json" || path.filename() == kAdapterConfig) {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  Sha256 sha;
  for (const fs::path& file : files) sha.Update(file.filename().string() + "\n" + Sha256File(file) + "\n");
  const std::string own = sha.Hex();
  return hash = HasAdapters(folder) ? Sha256Hex(own + HashCheckpoint(BaseOf(folder))) : own;
}

fs::path FindModel(const std::string& path, const fs::path& config_dir) {
  const fs::path given = path;
  if (IsModel(given)) return given;
  const fs::path below = config_dir / given;
  if (given.is_relative() && IsModel(below)) return below;
  if (const fs::path cached = InCache(path); !cached.empty()) return cached;
  const std::string places = given.is_relative() ? fmt::format("{} or {}", path, below.string()) : path;
  throw Error(
      {.file = path}, fmt::format("no model here: there is no config.json in {}", places),
      path.ends_with("SmolLM2-135M-Instruct")
          ? "scripts/fetch-smollm2 gets it"
          : "give the folder of a Hugging Face checkpoint, or the org/name of one in the local Hugging Face cache");
}

fs::path TokenizerFolder(const fs::path& folder) {
  if (!HasAdapters(folder) || fs::exists(folder / "tokenizer.json") || fs::exists(folder / "tokenizer.model")) {
    return folder;
  }
  return BaseOf(folder);
}

std::string ModelCardField(const fs::path& folder, const std::string& key) {
  const fs::path card = folder / "README.md";
  if (!fs::exists(card)) return "";
  std::string value;
  bool inside = false;
  ForEachLine(card, [&](std::string_view line, int number) {
    if (line == "---") {
      if (inside || number > 1) return false;
      inside = true;
      return true;
    }
    if (!inside) return false;
    if (line.starts_with(key + ":")) {
      value = line.substr(key.size() + 1);
      const size_t begin = value.find_first_not_of(" \"'");
      value = begin == std::string::npos ? "" : value.substr(begin, value.find_last_not_of(" \"'") - begin + 1);
      return false;
    }
    return true;
  });
  return value;
}

}  // namespace retort
