// A teacher's verdicts on answers. On digit folds it is asked as it was trained to be (core/data/fold_grading.h), and
// the verdict is the probability of its yes; elsewhere it is asked by rubric, in both orders
// (teacher/judge.h), and the verdict is the score's place between 1 and 10. A journal keeps every verdict: none is
// asked or paid for twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/design/arm_context.h"

namespace retort::lab {

struct VerdictsJob {
  Teacher& teacher;
  const TaskConfig& task;
  const CollectConfig& config;  // its filter's rubric, its budget and prices
  std::filesystem::path folder;
  bool ask = true;  // false: NotAsked is thrown where one is missing
  SharedBudget* budget = nullptr;
};

// One for each answer, in order. A reply that is no verdict counts as a refusal. Throws Error where requests fail.
std::vector<ArmContext::Verdict> AskVerdicts(const VerdictsJob& job, const std::vector<Sample>& answers);

// Of the question and the answer: whoever gave it has the same verdict.
std::string VerdictName(const Sample& answer);
std::string VerdictsHash(const Card& teacher, const Task& task, uint64_t seed);

}  // namespace retort::lab
