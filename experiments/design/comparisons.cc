#include "experiments/design/comparisons.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/base/number.h"
#include "core/lm/model_config.h"

namespace retort::lab {

void CheckComparisons(const ExperimentConfig& main, std::vector<std::string>& problems) {
  const auto add = [&](const std::string& place, const std::string& problem, const std::string& mend) {
    problems.emplace_back(Error({.place = place}, problem, mend).what());
  };
  if (!main.contrast.against_task.empty() && main.contrast.n == 0) {
    add("contrast.n=0", "two groups have bases of their own, so that their curves are no shares of one gap",
        "give the N at which scores are compared, such as contrast.n=32");
  }
  for (size_t i = 0; i < main.compare.size(); ++i) {
    if (main.compare[i].size() == 3) continue;
    add(fmt::format("compare[{}]", i), fmt::format("has {} words", main.compare[i].size()),
        R"(give three: a name, groups, and the groups to compare with, such as ["size", "large", "small"])");
  }
  for (size_t i = 0; i < main.facts.size(); ++i) {
    const std::vector<std::string>& fact = main.facts[i];
    if (fact.size() == 3 && ParseNumber<double>(fact[2])) continue;
    add(fmt::format("facts[{}]", i), "is not a group, a name and a number",
        R"(write it such as ["large", "pretraining FLOPs", "2.1e13"])");
  }
}

void AddComparisons(const std::vector<std::unique_ptr<Block>>& blocks, ReportInput& input) {
  const ExperimentConfig& main = blocks.front()->config;
  for (const std::vector<std::string>& words : main.compare) {
    input.comparisons.push_back({.name = words[0], .groups = words[1], .against = words[2]});
  }
  if (main.compare.empty()) return;
  for (const auto& block : blocks) {
    const std::filesystem::path file = block->bases.front() / "config.json";
    auto& facts = input.group_facts[block->task_name];
    if (!facts.empty() || !std::filesystem::exists(file)) continue;
    facts.emplace_back("parameters", static_cast<double>(ReadModelConfig(file).ParameterCount()));
  }
  for (const std::vector<std::string>& fact : main.facts) {
    input.group_facts[fact[0]].emplace_back(fact[1], *ParseNumber<double>(fact[2]));
  }
}

}  // namespace retort::lab
