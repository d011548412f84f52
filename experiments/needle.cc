// The claim: one distiller hides among hundreds of millions of users. Synthetic haystacks are searched by five
// detectors for campaigns of every volume, and the table says what a distiller obtains before cut-off, and who else is
// flagged.
#include <filesystem>
#include <optional>

#include "experiments/lab/register_table.h"
#include "experiments/lab/simulation.h"
#include "experiments/provider/needle_page.h"
#include "experiments/provider/traffic_files.h"

namespace retort::provider {
namespace {

namespace fs = std::filesystem;

struct NeedleExperiment {
  NeedleAssumptions assumptions;
  NeedleConfig needle;
  PrimaryContrast primary;
  std::string texts = "measured", traffic = "configs/traffic";
  std::string few_samples_summary, arm = "teacher", output_dir;
  int per_decade = 2;
};

void Describe(Describer& d, NeedleExperiment& c) {
  Describe(d, c.needle);
  d.Field("texts", c.texts,
          {.help = "what requests look like: as in a gateway's log, or as the register assumes",
           .choices = {"measured", "assumed"}});
  d.Field("traffic", c.traffic,
          {.help = "folder with what scripts/gateway_traffic.py kept of that log", .numerics = false});
  d.Field("per_decade", c.per_decade, {.help = "volumes tried, beside the known ones", .min = 1, .max = 20});
  d.Field(
      "few_samples_summary", c.few_samples_summary,
      {.help = "summary.csv of a few_samples run, with its cells.csv beside it, whose N90 are the need; empty: none",
       .numerics = false});
  d.Field("arm", c.arm, {.help = "of that summary"});
  d.Group("primary", c.primary, "the contrast that the verdict is about");
  d.Field("output_dir", c.output_dir, {.help = "empty: outputs/needle/<date>/<time>", .numerics = false});
  d.Group("assumptions", c.assumptions, "the assumption register");
}

int Main(int argc, char** argv) {
  const Program program{.name = "needle",
                        .summary = "How well can a provider find one distiller among hundreds of millions of users?",
                        .config_name = "needle"};
  NeedleExperiment config;
  return lab::SimulationMain(
      program, argc, argv, [&](Describer& d) { Describe(d, config); }, config.output_dir,
      [&](lab::SimulationRun& run) {
        std::vector<MeasuredN90> measured;
        std::optional<Need> need;
        std::vector<NeededRequests> needed;
        if (!config.few_samples_summary.empty()) {
          const fs::path summary =
              FindBeside(config.few_samples_summary, run.command_line().config_dir, kFewSamplesMend);
          measured = ReadN90(summary);
          need = ReadNeed(summary.parent_path() / "cells.csv", config.primary.task, config.arm,
                          static_cast<uint64_t>(config.needle.seed));
          needed = Drawn(*need, config.assumptions);
          needed.push_back(Estimated(*need, config.assumptions));
        }
        std::vector<LoggedDetection> detection;
        if (config.texts == "measured") {
          const fs::path folder =
              FindBeside(config.traffic, run.command_line().config_dir,
                         "run scripts/gateway_traffic.py and give its folder, or texts=assumed to do without");
          config.needle.logged = ReadLoggedMonths(folder);
          detection = ReadLoggedDetection(folder);
        }
        const Watch watch = [&](const char* what, double share) { return run.Tell(what, share); };
        const std::vector<Mark> marks = Marks(config.assumptions, measured, config.arm);
        const NeedleResult result =
            RunNeedle(config.needle, config.assumptions, Volumes(config.per_decade, marks, needed), watch);
        if (result.stopped) return run.Stopped();
        std::optional<Sensitivity> sensitivity;
        if (config.needle.sensitivity_accounts > 0) {
          sensitivity =
              RunSensitivity(config.needle, ProbeOf(config.primary, config.assumptions), config.assumptions, watch);
          if (!sensitivity) return run.Stopped();
        }
        const NeedleReport report{config.needle,  config.assumptions,
                                  config.primary, result,
                                  marks,          need,
                                  sensitivity,    lab::WhatIfs(run.command_line().overrides),
                                  detection};
        return run.Finish(NeedlePage(report), NeedleData(report), ToToml(config), NeedleText(report));
      });
}

}  // namespace
}  // namespace retort::provider

int main(int argc, char** argv) { return retort::provider::Main(argc, argv); }
