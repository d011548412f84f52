// The sections of catching_up_cost: what each route to a score costs, what was there before, the ratios, and figures of
// others as published.
#pragma once

#include <string>
#include <vector>

#include "experiments/design/experiment.h"

namespace retort::lab {

struct RouteName {
  std::string name, arm;
  bool on_base = true;
};

// `names`: the first is what the claim is about, the last what it is held against. `declared`: the level of the
// declared ratio.
std::vector<OwnSection> CatchingUpSections(const SectionsInput& input, const std::vector<RouteName>& names,
                                           double declared);

}  // namespace retort::lab
