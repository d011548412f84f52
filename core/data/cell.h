// One cell of an experiment: (task target, arm, N, seed), what is scheduled, cached, resumed and shown as one row.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/evaluate.h"

namespace retort {

// Arms that every experiment has beside its own.
inline constexpr std::string_view kBaseArm = "base";                   // the untrained student, n = 0
inline constexpr std::string_view kTeacherModelArm = "teacher_model";  // the teacher itself, the ceiling; n = 0

// What sets a point of a sweep apart from the others: option and value, "student.trainer.learning_rate" and "0.003".
using Axes = std::vector<std::pair<std::string, std::string>>;

struct CellResult {
  std::string arm;
  int n = 0;
  uint64_t seed = 0;
  std::string task;                      // group of the table: "rules", "add10", a file's stem
  std::string target;                    // what this seed learned: "big", "add10"
  std::string metric;                    // "exact_match" (higher is better) or "bits_per_byte" (lower is better)
  Means means;                           // over the held-out items
  std::optional<double> retained_skill;  // mean score on items of old skills
  std::optional<double> memoriser;       // score of a reader who knows exactly the steps in these n samples
  int64_t prompts_asked = 0, teacher_tokens = 0, supervised_tokens = 0;
  double training_flops = 0;
  double dollars = 0;
  int steps = 0;
  bool live_teacher = false;             // the teacher was at hand while the student learnt: more than its rows taught
  std::map<std::string, double> extras;  // what this experiment measures beside: "judge_false_positive_rate"
  std::string run;                       // the cell's hash: runs/<run>/
  std::string samples_sha256;            // of its own n rows; empty for n = 0
  std::vector<ItemScore> items;          // in items.jsonl, not in result.json
  Axes axes;                             // of the table that asks for it; not in result.json: sweeps share cells
};

// result.json without `items` and `axes`; and back. No times in it: two runs compare byte for byte.
std::string ToJson(const CellResult& result);
CellResult ParseCellResult(std::string_view text, const std::string& file);

}  // namespace retort
