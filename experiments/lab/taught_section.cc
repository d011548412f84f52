#include "experiments/lab/taught_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/report/format.h"
#include "core/stats/paired_means.h"
#include "experiments/design/block.h"
#include "experiments/design/graded.h"

namespace retort::lab {
namespace {

// What the grader says of an arm's rows, seed by seed.
struct Taught {
  std::string teacher;
  std::vector<SeedScores> right;
  double steps = 0;
  int rows = 0, with_steps = 0;
};

Taught Look(const Block& block, const Arm& arm, int n) {
  Taught taught;
  for (const uint64_t seed : block.Seeds(arm.name)) {
    SampleSet set;
    try {
      set = arm.rows(*block.context, n, seed);
    } catch (const NotAsked&) {
      continue;
    }
    const Graded truth(*block.context, seed);
    std::vector<double> right;
    for (const Sample& row : set.samples) {
      const auto grade = truth.Judge(row);
      if (!grade) continue;
      right.push_back(grade->score);
      if (grade->step_accuracy) taught.steps += *grade->step_accuracy, ++taught.with_steps;
    }
    taught.rows += static_cast<int>(right.size());
    // Each seed names its own student as teacher: the first stands for all.
    if (taught.teacher.empty()) taught.teacher = set.manifest.teacher.name;
    if (!right.empty()) taught.right.push_back({fmt::format("seed {}", seed), {std::move(right)}});
  }
  return taught;
}

}  // namespace

OwnSection TaughtSection(const SectionsInput& input) {
  Table table{.title = "What was taught: right answers among the rows",
              .header = {"task", "arm", "rows by", "N", "rows", "right", "steps right"},
              .text_columns = 3,
              .note =
                  "Right: by the task's grader, with 95 % intervals over seeds. A right answer may have wrong steps. "
                  "Where a student taught, the name is that of the first seed's."};
  DataTable data{.file = "taught.csv",
                 .about = "what an arm's students learnt from, as the task's grader sees it",
                 .columns = {{"task", "text", "as the tables name it", ""},
                             {"arm", "text", "kind of rows", ""},
                             {"teacher", "text", "who gave the rows; of several students the first seed's", ""},
                             {"n", "rows", "largest N of the arm", ""},
                             {"rows", "rows", "judged, over all seeds", ""},
                             {"right", "share", "right answers among them", ""},
                             {"right_low", "share", "lower end of its 95 % interval", ""},
                             {"right_high", "share", "upper end of its 95 % interval", ""},
                             {"steps_right", "share", "right steps among theirs", "where the task has no steps"}}};
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& block : input.blocks) {
    for (const Arm* arm : block->arms) {
      if (!seen.insert({block->task_name, arm->name}).second) continue;
      const int n = block->Sizes(arm->name).back();
      const Taught taught = Look(*block, *arm, n);
      if (taught.right.empty()) continue;
      const Interval right = PairedMeans(taught.right).Rate(0);
      std::optional<double> steps;
      if (taught.with_steps > 0) steps = taught.steps / taught.with_steps;
      table.rows.push_back({block->task_name, arm->name, taught.teacher, std::to_string(n), std::to_string(taught.rows),
                            WithInterval(right, 2), Fixed(steps, 2)});
      data.rows.push_back(
          {block->task_name, arm->name, taught.teacher, n, taught.rows, right.estimate, right.low, right.high, steps});
    }
  }
  return {.page = {.id = "taught", .title = "What was taught", .tables = {std::move(table)}},
          .data = {std::move(data)}};
}

}  // namespace retort::lab
