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

std::unique_ptr<Grader> MakeExactGrader();  // the whole answer, white space trimmed
// The number after the last "####" as GSM8K marks it, else the last number in the text; "1,234" = 1234 = 1234.0, "$"
// and "%" ignored.
std::unique_ptr<Grader> MakeFinalNumberGrader();
std::unique_ptr<Grader> MakeMathGrader();    // mathematical equivalence of the final answers: core/data/math_answer.h
std::unique_ptr<Grader> MakeChoiceGrader();  // a letter A..Z: "(B)", "B.", "The answer is B"
std::unique_ptr<Grader> MakeRegexGrader(const std::string& pattern);  // PCRE2; group 1 of the last match
// The value after the answer's mark, and its steps beside the reference's, in the form that the prompt asks for.
std::unique_ptr<Grader> MakeFoldsGrader();
std::unique_ptr<Grader> MakeGrader(const TaskConfig& config);  // the one that fits the task; folds has its own

}  // namespace retort
