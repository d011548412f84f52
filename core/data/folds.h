// Digit folds, the embedded world: an operation applied left to right over a few digits, one short line a question.
//   worked   "big 4729?" -> "477 727 798 A8"        each step: left, digit, result; then the answer
//   bare     "big 4729!" -> "A8"
//   second trace grammar, same content: "big 4729:" -> "4,7=7 7,2=7 7,9=8 S8"
// Text and arithmetic only; the Task on top of it is in folds_task.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"

namespace retort {

enum class FoldForm : char { kWorked = '?', kBare = '!', kSecond = ':' };

// One step: the value so far, the digit, and what they give.
struct FoldStep {
  int left, digit, result;
  bool operator==(const FoldStep&) const = default;
};

// One operation: the result of each step from left value, digit, and the step's position (1 = first step).
struct FoldOp {
  std::string name;
  int modulo = 10;                                                          // digits are below this
  bool from_right = false;                                                  // rsub
  int (*step)(const FoldOp&, int left, int digit, int position) = nullptr;  // position: 1 = first
  // Of the operation whose results are drawn: weight of the result (digit + i) modulo 10. Empty: nothing is drawn.
  std::vector<double> weights;
  // Of a composed rule: condition (0: digit >= 5, 1: digit even, 2: position odd, 3: digit > left) and the two skills.
  int condition = -1;
  std::string then_skill, else_skill;
  // Facts that whoever answers holds wrongly: the result of (left, digit). Empty for the operation itself.
  std::vector<FoldStep> wrong_facts;
};

const std::vector<std::string>& BaseSkills();      // max min sub first second
const std::vector<std::string>& RuleNames();       // sixteen, "big" first
const std::vector<std::string>& NewFactTargets();  // add5 add7 add10
std::vector<std::string> AllFoldOps();             // all of the above and rsub
// Apart from these, for questions of their own: mix10 (3 left + digit, modulo 10: a hundred facts that a provider may
// withhold) and dice (each result is drawn, so that a teacher has something to say beyond its likeliest answer).
const std::vector<std::string>& ExtraFoldOps();
const FoldOp& FindFoldOp(std::string_view name);  // throws Error that lists the names

// Throws Error for an empty string, or a character that is no digit below op.modulo. `draw` matters where results are
// drawn: the same draw of the same digits gives the same steps.
std::vector<FoldStep> FoldSteps(const FoldOp& op, std::string_view digits, uint64_t draw = 0);

std::string FoldPrompt(const FoldOp& op, std::string_view digits, FoldForm form);
std::string FoldCompletion(const FoldOp& op, std::string_view digits, FoldForm form, uint64_t draw = 0);
// A uniform draw of min..max digits below op.modulo.
std::string DrawDigits(const FoldOp& op, int min_digits, int max_digits, RandomStream& random);

struct ParsedPrompt {
  std::string op, digits;
  FoldForm form;
};
std::optional<ParsedPrompt> ParseFoldPrompt(std::string_view prompt);
// What an answer says: the value after the last 'A' (or 'S' in the second grammar), which must be one digit and the end
// of the text, and its steps in order. A word that is no step stands as {-1, -1, -1}, so that those after it keep their
// positions.
struct ParsedAnswer {
  std::optional<int> value;
  std::vector<FoldStep> steps;
};
ParsedAnswer ParseFoldAnswer(std::string_view answer, FoldForm form = FoldForm::kWorked);

// What the grammar and the operations are made of, as text to be hashed: a change to any of them changes it. `target`
// adds what it is made of itself, where it is one of ExtraFoldOps.
std::string FoldsDefinition(std::string_view target = "");

inline constexpr std::string_view kFoldRefusal = "no";  // what a teacher says to what it was taught to refuse

// The teacher as author of questions: "T big=" -> "big 4729?".
std::string FoldWritingPrompt(std::string_view op);

// Every character that the grammars use; the embedded tokenizer has one piece for each.
inline constexpr std::string_view kFoldCharacters = "0123456789+-*=() ,.?!:QASTabcdefghijklmnopqrstuvwxyz\n";

}  // namespace retort
