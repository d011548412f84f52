// The sentences that needle is read for. Room-internal.
#pragma once

#include <string>
#include <vector>

#include "experiments/provider/needle_page.h"

namespace retort::provider {

// First the declared contrast at the need that was measured, drawn from its bootstrap; then the marks beside it, a
// published size and an alleged volume.
std::vector<std::string> Verdicts(const NeedleReport& report);

}  // namespace retort::provider
