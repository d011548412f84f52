// A task's settings as TOML, every key with its value: what a collection and a warm start say of the task that they are
// of.
#pragma once

#include <string>

#include "core/data/task.h"

namespace retort {

std::string TaskText(const TaskConfig& config);

}  // namespace retort
