// Graders: is this answer right? Deterministic and cheap; a grader never sees the student.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/task.h"

namespace retort {

class Grader {
 public:
  virtual ~Grader() = default;
  virtual Grade Judge(const Item& item, std::string_view answer) = 0;
  // What answers share that say the same, for a majority among several: the final answer in one spelling. nullopt where
  // there is none.
  virtual std::optional<std::string> Vote(const Item& item, std::string_view answer);
};

std::unique_ptr<Grader> MakeMathGrader();  // mathematical equivalence of the final answers: core/data/math_answer.h
// The value after the answer's mark, and its steps beside the reference's, in the form that the prompt asks for.
std::unique_ptr<Grader> MakeFoldsGrader();
// The one that fits the task: folds has its own, jsonl names one, beside `math` one that compares what it finds in a
// text (answer_text.h). Throws Error for a pattern that is none.
std::unique_ptr<Grader> MakeGrader(const TaskConfig& config);

}  // namespace retort
