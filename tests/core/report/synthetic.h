// Cells of an experiment that never ran, for the tests of this room.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/report/report.h"

namespace retort {

inline CellResult SyntheticCell(const std::string& task, const std::string& arm, int n, uint64_t seed, double score,
                                const std::string& metric = "exact_match", int items = 200) {
  CellResult cell{.arm = arm, .n = n, .seed = seed, .task = task, .target = task, .metric = metric};
  RandomStream random(seed, task + arm + std::to_string(n));
  const bool rate = metric == "exact_match";
  double sum = 0;
  for (int i = 0; i < items; ++i) {
    ItemScore item{.id = task + std::to_string(seed) + "-" + std::to_string(i), .parsed = true, .answer = "A1"};
    item.score = rate ? (random.Uniform() < score ? 1 : 0) : score + 0.3 * random.Normal();
    sum += item.score;
    cell.items.push_back(item);
  }
  cell.means.score = sum / items;
  cell.means.parse_rate = 0.99;
  if (rate) cell.means.step_accuracy = std::pow(std::max(cell.means.score, 0.01), 0.2);
  if (arm != kBaseArm && arm != kTeacherModelArm) {
    cell.retained_skill = 0.7;
    if (rate) cell.memoriser = 1 / (1 + std::pow(40.0 / n, 2));
    cell.prompts_asked = n + 1;
    cell.teacher_tokens = 24 * n;
    cell.supervised_tokens = 24 * n * 50;
    cell.training_flops = 1.3e9 * n;
    cell.steps = 200;
    cell.samples_sha256 = std::string(64, 'b');
  }
  cell.run = std::string(60, 'a') + std::to_string(n) + std::to_string(seed);
  return cell;
}

// Two tasks with teacher answers at several N, one control arm, and bits per byte in a third.
inline ReportInput SyntheticInput(int seeds = 4) {
  ReportInput input{
      .experiment = "few_samples",
      .title = "Do a few samples lift a small model?",
      .claim = "a small number of samples from a larger model drastically improves a smaller one",
      .command = "build/few_samples seeds=4",
      .version = "0.1.0",
      .created_utc = "2026-01-31T12:34:56Z",
      .arms = {"teacher", "answers_only"},
      .arm_notes = {{"teacher", "the teacher's worked answers"}, {"answers_only", "the same, steps removed"}},
      .caveats = {"Intervals are conditional on four student bases."}};
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(seeds); ++seed) {
    RandomStream random(seed, "synthetic");
    const double shift = 0.6 * random.Normal();
    const auto curve = [&](int n, double centre) { return 1 / (1 + std::exp(-1.5 * (std::log2(n) - centre - shift))); };
    for (const std::string task : {"rules", "add10"}) {
      const double centre = task == "rules" ? 3.3 : 5.9;
      input.cells.push_back(SyntheticCell(task, "base", 0, seed, 0.1));
      input.cells.push_back(SyntheticCell(task, "teacher_model", 0, seed, 0.94));
      for (int n : task == "rules" ? std::vector{4, 8, 16, 32, 64} : std::vector{16, 64, 256}) {
        input.cells.push_back(SyntheticCell(task, "teacher", n, seed, 0.1 + 0.84 * curve(n, centre)));
      }
      input.cells.push_back(SyntheticCell(task, "answers_only", 16, seed, 0.16));
    }
  }
  input.transcripts.push_back(
      {"rules",
       "big 4729?",
       "477 727 798 A8",
       {{"N = 0", "477 727 779 A9"}, {"N = 16", "477 727 798 A8"}, {"teacher", "477 727 798 A8"}}});
  return input;
}

// Everything that a page can show: eight seeds, a declared contrast, facts, extras, links to runs, dollars.
inline ReportInput FullInput() {
  ReportInput input = SyntheticInput(8);
  input.contrast = DeclaredContrast{.task = "rules", .arm = "teacher", .against = "answers_only", .n = 16};
  input.config_sha256 = std::string(64, 'c');
  input.facts = {{"add10", 100}};
  input.extra_notes = {{"judge_false_positive_rate", "share of wrong answers that the judge accepts"}};
  input.runs_link = "../runs";
  input.page_folder = "outputs/few_samples";
  for (CellResult& c : input.cells) {
    c.means.reference_nats = -20 * (1 - c.means.score);
    if (c.arm == "teacher") c.extras["judge_false_positive_rate"] = 0.1 / (1 + static_cast<double>(c.n));
    if (c.arm == "teacher") c.dollars = 1e-4 * c.n;
  }
  return input;
}

}  // namespace retort
