#include "core/lm/lora_config.h"

#include <cmath>
#include <utility>

#include "core/lm/linear_maps.h"

namespace retort {

void Describe(Describer& d, LoraConfig& c) {
  d.Field("r", c.r, {.help = "rank of the adapters; 0: none, every weight is trained", .min = 0, .max = 1 << 16});
  d.Field("lora_alpha", c.lora_alpha, {.help = "the adapters' part is scaled by lora_alpha / r", .min = 1e-6});
  d.Field("lora_dropout", c.lora_dropout,
          {.help = "share of an adapter's inputs dropped in training", .min = 0, .max = 0.99});
  d.Field("use_rslora", c.use_rslora, {.help = "scale by lora_alpha / sqrt(r) instead"});
  std::vector<std::string_view> maps(kLinearMaps.begin(), kLinearMaps.end());
  maps.emplace_back(kAllLinear);
  d.Field("target_modules", c.target_modules, {.help = "linear maps that get an adapter", .choices = std::move(maps)});
}

double LoraConfig::Scale() const { return lora_alpha / (use_rslora ? std::sqrt(static_cast<double>(r)) : r); }

}  // namespace retort
