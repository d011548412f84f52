// The claims: providers, or limits on computing power, can keep others from distilling a model. One row for each
// countermeasure, from the shipped results of the other experiments and the registers; without any model, in seconds.
#include <filesystem>
#include <optional>

#include "experiments/lab/simulation.h"
#include "experiments/provider/policy_report.h"
#include "experiments/provider/rounds_report.h"

namespace retort::provider {
namespace {

struct PolicyExperiment {
  PolicyConfig config;
  PolicyRegisters registers;
  std::string output_dir;
};

void Describe(Describer& d, PolicyExperiment& c) {
  Describe(d, c.config);
  d.Field("output_dir", c.output_dir, {.help = "empty: outputs/policy_table/<date>/<time>", .numerics = false});
  Describe(d, c.registers);
}

int Main(int argc, const char* const* argv) {
  const Program program{.name = "policy_table",
                        .summary = "What is each countermeasure worth, to whom, and what does that stand on?",
                        .config_name = "policy_table"};
  PolicyExperiment c;
  return lab::SimulationMain(
      program, argc, argv, [&](Describer& d) { Describe(d, c); }, c.output_dir,
      [&](lab::SimulationRun& run) {
        const Watch watch = [&](const char* what, double share) { return run.Tell(what, share); };
        const std::filesystem::path results =
            FindBeside(c.config.results, run.command_line().config_dir,
                       "give a folder of results as scripts/results makes it (results=...)");
        std::optional<PolicyReport> report = MakePolicyReport(c.config, c.registers, results, watch);
        if (!report) return run.Stopped();
        report->what_ifs = RegisterOverrides(run.command_line().overrides);
        return run.Finish(PolicyPage(*report), PolicyData(*report), ToToml(c), PolicyText(*report));
      });
}

}  // namespace
}  // namespace retort::provider

int main(int argc, char** argv) {
  return retort::provider::WithLongForms(argc, argv,
                                         [&](const char* const* words) { return retort::provider::Main(argc, words); });
}
