#include "experiments/launch/dry_run.h"

#include <fmt/format.h>

#include <variant>

#include "experiments/launch/slurm.h"

namespace retort::lab {

std::string DryRunText(const std::string& experiment, size_t missing, bool at_most, const RunStore& store,
                       const LaunchOptions& options) {
  const std::string cells = fmt::format("{}{} cells", at_most ? "at most " : "", missing);
  if (missing == 0) return fmt::format("{}: there is nothing to compute\n", experiment);
  if (!std::holds_alternative<SlurmLauncherConfig>(options.launcher)) {
    return fmt::format("{}: would compute {} here with {} workers of {} threads\n", experiment, cells, options.workers,
                       options.threads);
  }
  return SbatchText(missing, store, options) +
         fmt::format("# {}: would submit this for {}{}; nothing was submitted\n", experiment, cells,
                     at_most ? " (the teacher was not asked for all rows yet)" : "");
}

}  // namespace retort::lab
