// Which network learns, and from which start.
#pragma once

#include <string>
#include <vector>

#include "core/config/describe.h"
#include "core/lm/lora_config.h"
#include "student/trainer.h"

namespace retort {

struct InitConfig {
  std::vector<std::string> model;  // checkpoint folders; a run's seed picks model[seed mod size]
  std::vector<int> keep_layers;    // cut to these layers; empty = all
  std::string chat_template;       // empty: as the checkpoint says
};
void Describe(Describer& d, InitConfig& config);

struct StudentConfig {
  InitConfig init;
  LoraConfig lora;
  TrainerConfig trainer;
  std::string reasoning = "drop";  // or "think_tags": what becomes of Sample::reasoning
};
void Describe(Describer& d, StudentConfig& config);
void DescribeReasoning(Describer& d, std::string& reasoning);  // the option, for `train`

}  // namespace retort
