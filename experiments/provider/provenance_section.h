// What `provenance` shows: how often each test flags students that the teacher taught, and students that it did not;
// whether p values of the latter are uniform.
#pragma once

#include "core/report/own_section.h"
#include "experiments/design/experiment.h"
#include "experiments/provider/provenance_results.h"

namespace retort::provider {

OwnSection ProvenanceSection(const lab::SectionsInput& input);
// The same of arms that were tried. `labels` gives an arm's name a word more where it has one.
OwnSection ProvenanceSection(const std::vector<TriedArm>& arms, const lab::ProvenanceConfig& config,
                             const std::map<std::string, std::string>& labels);

}  // namespace retort::provider
