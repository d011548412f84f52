// The two figures of `provenance`.
#pragma once

#include <vector>

#include "core/report/page.h"
#include "experiments/provider/provenance_results.h"

namespace retort::provider {

// Distributions of the p values of untaught students, beside the diagonal.
PageFigure UniformityFigure(const std::vector<TriedArm>& arms);
// Students flagged, by the share of their rows that the teacher gave; attacker none.
PageFigure DetectionFigure(const std::vector<TriedArm>& arms, double alpha);

}  // namespace retort::provider
