// --help and the reference page, from the same descriptions as the checks. Room-internal.
#pragma once

#include <string>

#include "core/config/program.h"

namespace retort {

std::string HelpText(const Program& program, const CommandLine& command_line, const DescribeFn& describe_defaults);

}  // namespace retort
