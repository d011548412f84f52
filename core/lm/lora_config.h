// Which low-rank adapters a student gets (core/lm/lora.h); PEFT's names. Apart, so that configs need no LibTorch.
#pragma once

#include <string>
#include <vector>

#include "core/config/describe.h"

namespace retort {

struct LoraConfig {
  int r = 0;  // 0: no adapters
  double lora_alpha = 16;
  double lora_dropout = 0;
  bool use_rslora = false;
  std::vector<std::string> target_modules = {"q_proj", "v_proj"};  // or {"all-linear"}

  double Scale() const;  // of what the adapters add
};
void Describe(Describer& d, LoraConfig& config);

}  // namespace retort
