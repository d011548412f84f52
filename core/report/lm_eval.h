// Results in the JSON layout of EleutherAI's lm-evaluation-harness, so that what reads its files reads ours: a results
// file as versions 0.4.9 to 0.4.13 write it (the latter's lm_eval/result_schema.py has the types):
// `results.<task>."<metric>,none"` with "_stderr", `configs`, `versions`, `n-shot`, `n-samples`, `higher_is_better`;
// and a samples file with one line an item. What only the harness knows (git hash, date, environment) is left out: two
// runs compare byte for byte.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/data/cell.h"
#include "core/data/task.h"

namespace retort {

struct LmEvalSetting {
  std::string model;        // who answered: a folder, a name
  Sampling sampling;        // how
  std::string task_config;  // TOML, for whoever asks what the task was
};

// A cell's task in the file: its task's name, and where there are several cells also arm, N and seed: "add10",
// "rules_teacher_n16_seed0".
std::string LmEvalTask(const CellResult& cell, bool alone);

// The results file of one cell, or of all cells of an experiment. Standard errors are over items, s / sqrt(M), as the
// harness has them.
std::string LmEvalResults(std::span<const CellResult> cells, const LmEvalSetting& setting);

// The samples file of one cell: `items` are those that its scores belong to, in their order.
std::string LmEvalSamples(const CellResult& cell, std::span<const Item> items, const LmEvalSetting& setting);

}  // namespace retort
