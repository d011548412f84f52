#include "experiments/provider/policy_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "experiments/provider/needle_tables.h"
#include "experiments/provider/rounds_words.h"
#include "experiments/provider/volumes.h"

namespace retort::provider {

void Describe(Describer& d, PolicyConfig& c) {
  d.Field("results", c.results, {.help = "folder of the results that are taken over", .numerics = false});
  d.Field("task", c.task, {.help = "of few_samples, whose N90 is drawn from its bootstrap"});
  d.Field("arm", c.arm, {.help = "of that task"});
  d.Field("mark", c.mark, {.help = "entry of the register needle: the volume of the first table"});
  d.Field("primary", c.primary, {.help = "countermeasure of the second verdict and of the tornado"});
  d.Field("delay_days", c.delay_days, {.help = "delay that counts", .unit = "days", .min = 0, .max = 3650});
  d.Field("draws", c.draws, {.help = "from the registers and bootstraps; 0: none", .min = 0, .max = 100000});
  d.Field("seed", c.seed, {.help = "of the draws", .min = 0});
  d.Field("threads", c.threads, {.help = "any number gives the same result", .min = 1, .max = 256, .numerics = false});
}

std::optional<PolicyReport> MakePolicyReport(const PolicyConfig& config, const PolicyRegisters& registers,
                                             const std::filesystem::path& results, const Watch& watch) {
  const auto seed = static_cast<uint64_t>(config.seed);
  const auto inputs = std::make_shared<const PolicyInputs>(ReadPolicyInputs(results, config.task, config.arm, seed));
  PolicyReport report{.config = config,
                      .registers = registers,
                      .shared_inputs = inputs,
                      .inputs = *inputs,
                      .model = PolicyModel(*inputs, Countermeasures(*inputs))};
  const std::vector<Countermeasure>& measures = report.model.measures();
  const auto primary = std::ranges::find(measures, config.primary, &Countermeasure::name);
  if (primary == measures.end() || primary == measures.begin()) {
    std::string names;
    for (size_t m = 1; m < measures.size(); ++m) names += (names.empty() ? "" : "; ") + measures[m].name;
    throw Error({.place = "key primary"}, Excerpt(config.primary) + " is no countermeasure", "there are: " + names);
  }
  report.primary = static_cast<size_t>(primary - measures.begin());
  const NeedleAssumptions& needle = registers.provider.needle;
  const NamedAssumption mark = VolumeEntry(needle, config.mark);
  // Volumes of requests are as many samples as they would be at the registered attempts and share.
  const double each =
      mark.entry->unit == "samples" ? 1 : needle.accepted_share.value / needle.attempts_per_sample.value;
  const double samples = mark.entry->value * each;
  const auto draw = [&](const std::string& name, const std::string& grade, double n, Bound bound,
                        const std::vector<double>& drawn) {
    auto rows = DrawPolicies(report.model, *inputs, registers, n, drawn, config.draws, seed, config.threads, watch);
    if (!rows) return false;
    report.volumes.push_back({name, grade, n, RequestsFor(n, needle), bound, std::move(*rows)});
    return true;
  };
  if (!draw(std::string(mark.help), mark.entry->grade, samples, Bound::kExact, {})) return {};
  const NeededRequests needed = Estimated(inputs->need, needle);
  std::vector<double> n90;
  n90.reserve(inputs->need.n90.size());
  for (const double n : inputs->need.n90) n90.push_back(std::clamp(n, inputs->need.smallest, inputs->need.largest));
  if (!draw("N90 of " + config.task, "measured here", needed.samples, needed.bound, n90)) return {};
  auto sensitivity =
      RunPolicySensitivity(report.model, registers, samples, report.primary, config.delay_days, config.threads, watch);
  if (!sensitivity) return {};
  report.sensitivity = std::move(*sensitivity);
  return report;
}

}  // namespace retort::provider
