#include "experiments/design/warm_targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "core/base/error.h"
#include "core/data/task_text.h"
#include "experiments/design/derive.h"
#include "teacher/teacher.h"

namespace retort::lab {
namespace {

int Each(const WarmStartConfig& config) { return config.n / static_cast<int>(config.targets.size()); }

// The experiment as it would be if the target were its task.
ExperimentConfig AboutTarget(const ExperimentConfig& config, const std::string& target) {
  ExperimentConfig about = config;
  about.task = WithTarget(config.task, target);
  about.warm_start = {};
  about.collect.task = TaskText(about.task);
  return about;
}

}  // namespace

struct WarmTargets::Target {
  Target(const ExperimentConfig& whole, const std::string& target, const ArmContext::Options& options)
      : config(AboutTarget(whole, target)),
        task(MakeTask(config.task)),
        teacher(MakeGuardedTeacher(config.teacher, config.policies, *task, options.config_dir)),
        context(config, *task, *teacher, options) {}

  ExperimentConfig config;
  std::unique_ptr<Task> task;
  std::unique_ptr<Teacher> teacher;
  ArmContext context;
};

void CheckWarmTargets(const ExperimentConfig& config) {
  const WarmStartConfig& warm = config.warm_start;
  if (warm.targets.empty()) {
    if (warm.drop.empty()) return;
    throw Error({.place = "warm_start.drop"}, "is for a warm start on targets of its own",
                "name them, such as warm_start.targets=[add10], or leave warm_start.drop=[]");
  }
  const auto targets = static_cast<int>(warm.targets.size());
  if (warm.n == 0 || warm.n % targets != 0) {
    throw Error(
        {.place = fmt::format("warm_start.n={}", warm.n)},
        fmt::format("cannot be shared out equally to the {} targets {}", targets, fmt::join(warm.targets, ", ")),
        fmt::format("give a multiple of {}, such as {}", targets, std::max(1, warm.n / targets) * targets));
  }
  for (const std::string& target : warm.targets) {
    try {
      MakeTask(WithTarget(config.task, target));
    } catch (const Error& error) {
      throw Error(fmt::format("warm_start.targets: {}", error.what()));
    }
  }
}

WarmTargets::WarmTargets(const ExperimentConfig& config, const ArmContext::Options& options)
    : config_(config.warm_start) {
  ArmContext::Options own = options;
  own.rows_at_once = Each(config_);
  for (const std::string& target : config_.targets) {
    targets_.push_back(std::make_unique<Target>(config, target, own));
  }
}

WarmTargets::~WarmTargets() = default;

SampleSet WarmTargets::Rows(uint64_t seed) {
  SampleSet all;
  for (const auto& target : targets_) {
    SampleSet rows = target->context.TeacherRows(Each(config_), seed);
    if (all.samples.empty()) {
      all.manifest = rows.manifest;
      all.manifest.counts = {};
      all.manifest.usage = {};
      all.manifest.dollars = 0;
    }
    Manifest& manifest = all.manifest;
    manifest.usage += rows.manifest.usage;
    manifest.dollars += rows.manifest.dollars;
    const auto dropped = std::erase_if(rows.samples, [&](const Sample& sample) {
      return std::ranges::find(config_.drop, Text(sample.completion)) != config_.drop.end();
    });
    const std::string name = TaskName(target->config.task);
    manifest.counts["asked." + name] = Each(config_);
    manifest.counts["dropped." + name] = static_cast<int64_t>(dropped);
    std::ranges::move(rows.samples, std::back_inserter(all.samples));
  }
  if (all.samples.empty()) {
    throw Error({.place = "warm_start.drop"}, "leaves nothing to learn: every answer is one of these",
                "ask for a target that the teacher answers, or leave out the warm start");
  }
  MarkDerived(all, fmt::format("asked for {}", fmt::join(config_.targets, ", ")));
  return all;
}

CollectPlan WarmTargets::Plan(uint64_t seed) const {
  CollectPlan plan;
  for (const auto& target : targets_) Add(target->context.Plan(seed), plan);
  return plan;
}

}  // namespace retort::lab
