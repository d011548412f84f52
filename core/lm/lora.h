// Low-rank adapters (LoRA, arXiv:2106.09685): y = x W^T + s (x A^T) B^T beside a frozen W, s = lora_alpha / r, or
// lora_alpha / sqrt(r) where rank-stabilised (arXiv:2312.03732). Names, layout and initialisation are PEFT's. All
// adapters of a model are views into one flat buffer, as the model's own weights are, so that one optimizer serves
// both.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/lm/lora_config.h"
#include "core/lm/model_config.h"

namespace retort {

inline constexpr char kAdapterConfig[] = "adapter_config.json";

// The linear maps of a block, in the order of the transformer's fused matrices.
enum class Projection { kQuery, kKey, kValue, kOutput, kGate, kUp, kDown };
constexpr int kProjections = 7;

class LoraAdapters {
 public:
  // A uniform in +- 1 / sqrt(in), B zero: the model is what it was. Throws Error for a target that is no linear map.
  LoraAdapters(const ModelConfig& model, const LoraConfig& config, uint64_t seed);

  const LoraConfig& config() const { return config_; }
  const at::Tensor& flat() const { return flat_; }    // (P)
  void EnableGradients(const at::Tensor& flat_grad);  // (P)
  void To(const std::string& device);
  // Dropout on x; its draws come from LibTorch's generator.
  void Train(bool on) { training_ = on; }

  // x: (..., in) -> (..., out) of the given maps side by side; not defined if none is a target.
  at::Tensor Delta(size_t layer, std::span<const Projection> maps, const at::Tensor& x) const;
  // s B A: (out, in); not defined if the map is no target.
  at::Tensor MergedDelta(size_t layer, Projection map) const;

  // PEFT's name -> view.
  std::vector<std::pair<std::string, at::Tensor>> NamedParameters() const;

 private:
  struct Pair {
    at::Tensor a, b;  // (r, in), (out, r)
  };
  const Pair& Of(size_t layer, Projection map) const { return layers_[layer][static_cast<size_t>(map)]; }

  void MakeViews();  // of flat_

  LoraConfig config_;
  std::array<std::pair<int64_t, int64_t>, kProjections> shapes_;  // (out, in)
  at::Tensor flat_;
  std::vector<std::array<Pair, kProjections>> layers_;
  bool training_ = false;
};

// Writes adapter_config.json and adapter_model.safetensors. `base`: what base_model_name_or_path shall say.
void SaveAdapters(const LoraAdapters& adapters, const std::filesystem::path& folder, const std::string& base);
// What adapter_config.json says. Throws Error that names a key which is not supported.
struct AdapterFile {
  LoraConfig config;
  std::string base_model_name_or_path;
};
AdapterFile ReadAdapterConfig(const std::filesystem::path& folder);
// Fills `adapters`, made for the same config, from the folder's adapter_model.safetensors.
void LoadAdapters(const std::filesystem::path& folder, LoraAdapters& adapters);

}  // namespace retort
