// The rows of an experiment as requests: the section on what a provider could see, for an experiment of the lab.
#pragma once

#include "core/report/own_section.h"
#include "experiments/design/experiment.h"

namespace retort::provider {

// Every arm and N, and the log of the first block's first seed. Reads the assumption register beside the configs.
OwnSection AskedRowsSection(const lab::SectionsInput& input);

}  // namespace retort::provider
