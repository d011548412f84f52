#include "core/data/task_text.h"

#include "core/config/toml_text.h"

namespace retort {

std::string TaskText(const TaskConfig& config) {
  TaskConfig copy = config;
  return ToToml(DescribeFn([&](Describer& d) { d.OneOf("task", copy, kTaskKinds, ""); }));
}

}  // namespace retort
