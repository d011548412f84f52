// What the task's grader sees in answers to prompts of a seed. Whether they are right is for tables, and for
// arms that keep what the grader accepts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/data/grader.h"
#include "experiments/design/arm_context.h"

namespace retort::lab {

class Graded {
 public:
  Graded(const ArmContext& context, uint64_t seed);
  // Of an answer to a prompt of the pool, or to one of a task that solves any (digit folds); nullopt for others.
  std::optional<Grade> Judge(const Sample& answer) const;
  bool Right(const Sample& answer) const;
  std::optional<std::string> Vote(const Sample& answer) const;  // Grader::Vote

 private:
  std::optional<Item> Find(const Sample& answer) const;

  const Task& task_;
  std::unique_ptr<Grader> grader_;
  std::map<std::string, Item> items_;
};

}  // namespace retort::lab
