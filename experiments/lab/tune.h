// --tune: what each arm is trained with, chosen before an experiment on seeds and prompts that no table of it shows, so
// that no arm loses for settings that suit another, and none is chosen by the items that judge it. The choice is a file
// to be kept beside the config (docs/tuning.md); what it took is counted there.
#pragma once

#include <string>
#include <vector>

#include "experiments/cells/grid.h"
#include "experiments/cells/run_store.h"
#include "experiments/design/config.h"
#include "experiments/design/experiment.h"

namespace retort::lab {

// Beyond those of `seeds`, and of folds' sixteen rules the ones that a table draws last.
inline constexpr uint64_t kFirstTuneSeed = 10008;

// Each arm of the configs (where several have it, of the first) with each point of tune.over as axes; arms that train
// nothing have no setting and are left out. `arms`: those of the experiment. Throws Error.
std::vector<ExperimentConfig> TuneConfigs(const std::vector<ExperimentConfig>& configs, const std::vector<Arm>& arms);

struct Tuned {
  std::string text;  // what was tried, for a terminal
  std::string toml;  // the file
  std::vector<std::string> warnings;
};
// `grid` is that of TuneConfigs. A setting that a seed lacks is left out, with a warning; throws Error where an arm has
// none left.
Tuned ChooseSettings(const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store,
                     const std::string& command);

}  // namespace retort::lab
