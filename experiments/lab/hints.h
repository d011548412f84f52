// What to try after a run, told where its config takes it.
#pragma once

#include <string>
#include <vector>

#include "core/config/program.h"
#include "experiments/design/experiment.h"

namespace retort::lab {

// The words of a command as a shell takes them, without those that set one of `keys`.
std::string CommandWithout(const std::vector<std::string>& keys, const std::vector<std::string>& words);
// To stdout. `words`: the command as it was given.
void TellHints(const Experiment& experiment, const CommandLine& command_line, const std::vector<std::string>& words);

}  // namespace retort::lab
