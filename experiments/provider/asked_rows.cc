#include "experiments/provider/asked_rows.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <variant>

#include "core/base/host.h"
#include "core/config/program.h"
#include "core/report/report.h"
#include "experiments/design/block.h"
#include "experiments/provider/requests_section.h"
#include "teacher/provider/log_of_rows.h"

namespace retort::provider {
namespace {

// What an arm's rows took of the teacher, as the summary has it.
void AddArm(const lab::Block& block, const ArmSummary& arm, std::vector<RowsAsked>& asked) {
  for (const PointSummary& point : arm.points) {
    asked.push_back({.task = block.task_name,
                     .arm = arm.arm,
                     .n = point.n,
                     .prompts = point.teacher_tokens > 0 ? point.prompts_asked : 0,
                     .tokens = point.teacher_tokens,
                     .through_api = std::holds_alternative<ApiTeacherConfig>(block.config.teacher)});
  }
}

LoggedRun LogOfFirstRun(const lab::Block& block) {
  LoggedRun run{.arm = block.arms.front()->name, .n = block.Sizes(block.arms.front()->name).back(), .records = {}};
  try {
    const SampleSet rows = block.arms.front()->rows(*block.context, run.n, block.config.first_seed);
    run.records = LogOf(rows.samples, Bounded(block.config.collect.sampling, *block.task), block.config.policies.log);
  } catch (const lab::NotAsked&) {
  }
  return run;
}

}  // namespace

OwnSection AskedRowsSection(const lab::SectionsInput& input) {
  std::vector<RowsAsked> asked;
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& block : input.blocks) {
    for (const lab::Arm* arm : block->arms) {
      if (!seen.insert({block->task_name, arm->name}).second) continue;
      for (const TaskSummary& task : input.summary.tasks) {
        if (task.task != block->task_name) continue;
        const auto found = std::ranges::find(task.arms, arm->name, &ArmSummary::arm);
        if (found != task.arms.end()) AddArm(*block, *found, asked);
      }
    }
  }
  const lab::Block& first = *input.blocks.front();
  const auto assumptions = Load<NeedleAssumptions>(
      {.config_dir = first.context->config_dir() / "assumptions", .config_name = "needle", .overrides = {}});
  return RequestsSection(asked, LogOfFirstRun(first), HonestVolumeOf(assumptions), HasNetwork());
}

}  // namespace retort::provider
