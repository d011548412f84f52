#include "core/data/fold_grading.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

namespace retort {
namespace {

char DigitOf(int value) { return static_cast<char>('0' + value); }

// Another skill that a student may take for `op`: of a rule, one of its branches as often as not.
const FoldOp& Mistaken(const FoldOp& op, RandomStream& random) {
  if (op.condition >= 0 && random.Below(2) == 0) {
    return FindFoldOp(random.Below(2) == 0 ? op.then_skill : op.else_skill);
  }
  return FindFoldOp(BaseSkills()[random.Below(BaseSkills().size())]);
}

std::string Write(const std::vector<FoldStep>& steps, int answer, FoldForm form) {
  std::string text;
  for (const FoldStep& s : steps) {
    if (form == FoldForm::kWorked) text += fmt::format("{}{}{} ", s.left, s.digit, s.result);
    if (form == FoldForm::kSecond) text += fmt::format("{},{}={} ", s.left, s.digit, s.result);
  }
  return text + (form == FoldForm::kSecond ? 'S' : 'A') + DigitOf(answer);
}

int AnotherDigit(const FoldOp& op, int digit, RandomStream& random) {
  const int other = static_cast<int>(random.Below(static_cast<uint64_t>(op.modulo - 1)));
  return other < digit ? other : other + 1;
}

int Result(const FoldOp& op, int left, int digit, int position) {
  for (const FoldStep& wrong : op.wrong_facts) {
    if (wrong.left == left && wrong.digit == digit) return wrong.result;
  }
  return op.step(op, left, digit, position) % op.modulo;
}

}  // namespace

std::string FoldGradingPrompt(std::string_view prompt, std::string_view answer) {
  return fmt::format("Q {}{}=", prompt, answer);
}

std::string FoldVerdict(const FoldOp& op, std::string_view digits, std::string_view answer) {
  const std::string own = FoldCompletion(op, digits, FoldForm::kWorked);
  const std::optional<int> given = ParseFoldAnswer(answer).value;
  const char repeated = given ? DigitOf(*given) : '-';
  return fmt::format("{} {}{}", own, repeated, repeated == own.back() ? kFoldAccepted : kFoldRefused);
}

std::string WrongFoldCompletion(const FoldOp& op, std::string_view digits, FoldForm form, RandomStream& random) {
  const std::string right = FoldCompletion(op, digits, form);
  std::vector<FoldStep> steps = FoldSteps(op, digits);
  if (steps.empty()) return Write(steps, AnotherDigit(op, digits[0] - '0', random), form);
  const uint64_t kind = random.Below(20);
  const FoldOp& mistaken = Mistaken(op, random);
  const size_t at = random.Below(steps.size());
  int left = steps[0].left;
  for (size_t i = 0; i < steps.size(); ++i) {  // kinds 0 to 16: results are wrong, and the rest goes on from them
    FoldStep& step = steps[i];
    const int position = static_cast<int>(i) + 1;
    step.left = left;
    step.result = Result(op, left, step.digit, position);
    const bool by_another = (kind < 10 && (i == at || random.Below(4) == 0)) || (kind >= 13 && kind < 17);
    if (by_another) step.result = mistaken.step(mistaken, left, step.digit, position) % op.modulo;
    if (kind >= 10 && kind < 13 && i == at) step.result = AnotherDigit(op, step.result, random);
    left = step.result;
  }
  if (kind == 19 && steps.size() > 1) steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(at));
  const int answer = kind == 17 || kind == 18 ? AnotherDigit(op, left, random) : left;
  const std::string text = Write(steps, answer, form);
  return text == right ? Write(steps, AnotherDigit(op, left, random), form) : text;
}

}  // namespace retort
