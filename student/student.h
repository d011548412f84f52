// Which network learns, from which start, and by what.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/describe.h"
#include "core/lm/lora_config.h"
#include "student/external.h"
#include "student/objective.h"
#include "student/trainer.h"

namespace retort {

struct InitConfig {
  std::vector<std::string> model;  // checkpoint folders; a run's seed picks model[seed mod size]
  std::vector<int> keep_layers;    // cut to these layers; empty = all
  std::string chat_template;       // empty: as the checkpoint says
  bool from_scratch = false;       // its shape and tokenizer, with weights drawn anew from the run's seed
};
void Describe(Describer& d, InitConfig& config);

// kind = "builtin" | "external"
using AnyTrainerConfig = std::variant<TrainerConfig, ExternalTrainerConfig>;
inline constexpr std::array<std::string_view, 2> kTrainerKinds = {"builtin", "external"};

struct StudentConfig {
  InitConfig init;
  LoraConfig lora;
  AnyTrainerConfig trainer;
  ObjectiveConfig objective;
  std::string reasoning = "drop";  // or "think_tags": what becomes of Sample::reasoning
};
void Describe(Describer& d, StudentConfig& config);
void DescribeReasoning(Describer& d, std::string& reasoning);  // the option, for `train`

}  // namespace retort
