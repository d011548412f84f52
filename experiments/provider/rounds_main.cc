#include "experiments/provider/rounds_main.h"

#include <filesystem>

#include "core/base/error.h"
#include "experiments/lab/simulation.h"

namespace retort::provider {
namespace {

namespace fs = std::filesystem;

struct Experiment {
  RoundsConfig rounds;
  ProviderRegisters registers;
  std::string output_dir;
};

void Describe(Describer& d, Experiment& c) {
  Describe(d, c.rounds);
  d.Field("output_dir", c.output_dir, {.help = "empty: outputs/<name>/<date>/<time>", .numerics = false});
  Describe(d, c.registers);
}

int Run(RoundsKind kind, const Program& program, int argc, const char* const* argv) {
  Experiment config;
  return lab::SimulationMain(
      program, argc, argv, [&](Describer& d) { Describe(d, config); }, config.output_dir,
      [&](lab::SimulationRun& run) {
        std::vector<MeasuredN90> measured;
        std::optional<Need> need;
        if (!config.rounds.few_samples_summary.empty()) {
          const fs::path summary =
              FindBeside(config.rounds.few_samples_summary, run.command_line().config_dir, kFewSamplesMend);
          measured = ReadN90(summary);
          need = ReadNeed(summary.parent_path() / "cells.csv", config.rounds.task, config.rounds.arm,
                          static_cast<uint64_t>(config.rounds.seed));
        }
        const Watch watch = [&](const char* what, double share) { return run.Tell(what, share); };
        std::optional<RoundsReport> report =
            MakeRoundsReport(kind, config.rounds, config.registers, measured, need, watch);
        if (!report) return run.Stopped();
        report->what_ifs = RegisterOverrides(run.command_line().overrides);
        return run.Finish(RoundsPage(*report), RoundsData(*report), ToToml(config), RoundsText(*report));
      });
}

}  // namespace

int RoundsMain(RoundsKind kind, const Program& program, int argc, char** argv) {
  return WithLongForms(argc, argv, [&](const char* const* words) { return Run(kind, program, argc, words); });
}

}  // namespace retort::provider
