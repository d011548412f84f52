// Every objective, at its defaults and with each setting that changes its loss away from them: what holds of an
// objective must hold of them all.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "student/objective.h"

namespace retort {

struct ObjectiveSetting {
  std::string_view option;
  void (*set)(ObjectiveConfig& config);
};
inline constexpr ObjectiveSetting kObjectiveSettings[] = {
    {"temperature", [](ObjectiveConfig& config) { config.temperature = 1.7; }},
    {"temperature_squared_scaling",
     [](ObjectiveConfig& config) {
       config.temperature = 1.7;
       config.temperature_squared_scaling = true;
     }},
    {"beta", [](ObjectiveConfig& config) { config.beta = 0.3; }},
    {"alpha", [](ObjectiveConfig& config) { config.alpha = 0.4; }},
    {"label_smoothing", [](ObjectiveConfig& config) { config.label_smoothing = 0.1; }},
    {"lmbda", [](ObjectiveConfig& config) { config.lmbda = 0.5; }},
};

struct NamedObjective {
  std::string told;  // "jsd beta"
  ObjectiveConfig config;
};

inline std::vector<NamedObjective> EveryObjective() {
  std::vector<NamedObjective> all;
  for (const ObjectiveInfo& info : Objectives()) {
    ObjectiveConfig standard;
    standard.name = info.name;
    all.push_back({standard.name, standard});
    for (const auto& [option, set] : kObjectiveSettings) {
      ObjectiveConfig config = standard;
      set(config);
      try {
        CheckObjective(config, "objective");
      } catch (const Error&) {
        continue;  // it has no use for the option
      }
      all.push_back({standard.name + " " + std::string(option), config});
    }
  }
  return all;
}

}  // namespace retort
