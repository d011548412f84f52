// --dry-run: what a launcher would be told, and nothing is asked, computed or submitted.
#pragma once

#include <string>

#include "experiments/launch/launcher.h"

namespace retort::lab {

// `at_most`: some rows are not collected yet, so that nobody can say which cells they share.
std::string DryRunText(const std::string& experiment, size_t missing, bool at_most, const RunStore& store,
                       const LaunchOptions& options);

}  // namespace retort::lab
