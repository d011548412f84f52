// The operations, and the two trace grammars as text. Every function here is total on its checked input: a table of ops
// by name and a few loops over characters; nothing is learnt or cached.
#include "core/data/folds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "core/base/error.h"

namespace retort {
namespace {

int Mod(int value, int modulo) { return (value % modulo + modulo) % modulo; }

int Max(const FoldOp&, int left, int digit, int) { return std::max(left, digit); }
int Min(const FoldOp&, int left, int digit, int) { return std::min(left, digit); }
int Sub(const FoldOp& op, int left, int digit, int) { return Mod(left - digit, op.modulo); }
int First(const FoldOp&, int left, int, int) { return left; }
int Second(const FoldOp&, int, int digit, int) { return digit; }
int Add(const FoldOp& op, int left, int digit, int) { return Mod(left + digit, op.modulo); }
int Mix(const FoldOp& op, int left, int digit, int) { return Mod(3 * left + digit, op.modulo); }

// Entropy: 2.58 bits a step.
const std::vector<double> kDice = {.4, .2, .12, .08, .06, .05, .04, .03, .01, .01};

int Draw(const FoldOp& op, int digit, RandomStream& random) {
  double u = random.Uniform();
  size_t i = 0;
  while (i + 1 < op.weights.size() && u >= op.weights[i]) u -= op.weights[i++];
  return Mod(digit + static_cast<int>(i), op.modulo);
}

int Rule(const FoldOp& op, int left, int digit, int position) {
  bool holds = false;
  switch (op.condition) {
    case 0:
      holds = digit >= 5;
      break;
    case 1:
      holds = digit % 2 == 0;
      break;
    case 2:
      holds = position % 2 == 1;
      break;
    case 3:
      holds = digit > left;
      break;
  }
  const FoldOp& skill = FindFoldOp(holds ? op.then_skill : op.else_skill);
  return skill.step(skill, left, digit, position);
}

// Four rules a condition. No two are the same function and none is a base skill (of the twenty pairs under "digit >
// left" only four functions are: there max is second and min is first); a test proves it over all arguments.
struct RuleRow {
  const char* name;
  int condition;
  const char *then_skill, *else_skill;
};
constexpr std::array<RuleRow, 16> kRules = {{
    {"big", 0, "sub", "max"},
    {"bud", 0, "min", "second"},
    {"bet", 0, "first", "sub"},
    {"bow", 0, "max", "min"},
    {"eel", 1, "sub", "first"},
    {"elk", 1, "second", "min"},
    {"ebb", 1, "max", "sub"},
    {"elm", 1, "min", "max"},
    {"oak", 2, "second", "max"},
    {"oar", 2, "sub", "min"},
    {"orb", 2, "max", "sub"},
    {"owl", 2, "min", "first"},
    {"gap", 3, "max", "sub"},
    {"gem", 3, "min", "sub"},
    {"gum", 3, "sub", "first"},
    {"gig", 3, "sub", "second"},
}};

const std::vector<FoldOp>& Ops() {
  static const std::vector<FoldOp> ops = [] {
    std::vector<FoldOp> all = {
        {.name = "max", .step = Max},     {.name = "min", .step = Min},       {.name = "sub", .step = Sub},
        {.name = "first", .step = First}, {.name = "second", .step = Second},
    };
    for (const RuleRow& row : kRules) {
      all.push_back({.name = row.name,
                     .step = Rule,
                     .condition = row.condition,
                     .then_skill = row.then_skill,
                     .else_skill = row.else_skill});
    }
    for (const int modulo : {5, 7, 10}) {
      all.push_back({.name = fmt::format("add{}", modulo), .modulo = modulo, .step = Add});
    }
    all.push_back({.name = "rsub", .from_right = true, .step = Sub});
    all.push_back({.name = "mix10", .step = Mix});
    all.push_back({.name = "dice", .weights = kDice});
    return all;
  }();
  return ops;
}

std::vector<std::string> Names(size_t begin, size_t count) {
  std::vector<std::string> names;
  for (size_t i = begin; i < begin + count; ++i) names.push_back(Ops()[i].name);
  return names;
}

bool ValidDigits(const FoldOp& op, std::string_view digits) {
  return !digits.empty() &&
         std::ranges::all_of(digits, [&](char c) { return c >= '0' && c <= '9' && c - '0' < op.modulo; });
}

int LastValue(std::string_view digits, bool from_right, const std::vector<FoldStep>& steps) {
  if (!steps.empty()) return steps.back().result;
  return (from_right ? digits.back() : digits.front()) - '0';
}

// "472" or "4,7=2"; {-1, -1, -1} for anything else.
FoldStep ParseStep(std::string_view word, FoldForm form) {
  const auto digit = [&](size_t i) { return word[i] >= '0' && word[i] <= '9' ? word[i] - '0' : -1; };
  FoldStep step{-1, -1, -1};
  if (form == FoldForm::kSecond) {
    if (word.size() == 5 && word[1] == ',' && word[3] == '=') step = {digit(0), digit(2), digit(4)};
  } else if (word.size() == 3) {
    step = {digit(0), digit(1), digit(2)};
  }
  if (step.left < 0 || step.digit < 0 || step.result < 0) return {-1, -1, -1};
  return step;
}

}  // namespace

const std::vector<std::string>& BaseSkills() {
  static const std::vector<std::string> names = Names(0, 5);
  return names;
}
const std::vector<std::string>& RuleNames() {
  static const std::vector<std::string> names = Names(5, kRules.size());
  return names;
}
const std::vector<std::string>& NewFactTargets() {
  static const std::vector<std::string> names = Names(5 + kRules.size(), 3);
  return names;
}
std::vector<std::string> AllFoldOps() { return Names(0, Ops().size() - ExtraFoldOps().size()); }
const std::vector<std::string>& ExtraFoldOps() {
  static const std::vector<std::string> names = Names(Ops().size() - 2, 2);
  return names;
}

const FoldOp& FindFoldOp(std::string_view name) {
  const auto found = std::ranges::find(Ops(), name, &FoldOp::name);
  if (found == Ops().end()) {
    throw Error(
        fmt::format("no fold is named {}; there are {}", Excerpt(name), fmt::join(Names(0, Ops().size()), " ")));
  }
  return *found;
}

std::vector<FoldStep> FoldSteps(const FoldOp& op, std::string_view digits, uint64_t draw) {
  if (!ValidDigits(op, digits)) {
    throw Error(fmt::format("{} is no string of digits below {}, which {} needs", Excerpt(digits), op.modulo, op.name));
  }
  std::string ordered(digits);
  if (op.from_right) std::ranges::reverse(ordered);
  std::vector<FoldStep> steps;
  std::optional<RandomStream> random;  // made where it is used: it is slow to make
  if (!op.weights.empty()) random.emplace(draw, fmt::format("folds/{}/{}", op.name, digits));
  int left = ordered[0] - '0';
  for (size_t i = 1; i < ordered.size(); ++i) {
    const int digit = ordered[i] - '0';
    int result = random ? Draw(op, digit, *random) : op.step(op, left, digit, static_cast<int>(i));
    for (const FoldStep& wrong : op.wrong_facts) {
      if (wrong.left == left && wrong.digit == digit) result = wrong.result;
    }
    steps.push_back({left, digit, result});
    left = result;
  }
  return steps;
}

std::string FoldPrompt(const FoldOp& op, std::string_view digits, FoldForm form) {
  return fmt::format("{} {}{}", op.name, digits, static_cast<char>(form));
}

std::string FoldCompletion(const FoldOp& op, std::string_view digits, FoldForm form, uint64_t draw) {
  const std::vector<FoldStep> steps = FoldSteps(op, digits, draw);
  std::string text;
  if (form == FoldForm::kWorked) {
    for (const FoldStep& s : steps) text += fmt::format("{}{}{} ", s.left, s.digit, s.result);
  } else if (form == FoldForm::kSecond) {
    for (const FoldStep& s : steps) text += fmt::format("{},{}={} ", s.left, s.digit, s.result);
  }
  text += form == FoldForm::kSecond ? 'S' : 'A';
  text += static_cast<char>('0' + LastValue(digits, op.from_right, steps));
  return text;
}

std::string DrawDigits(const FoldOp& op, int min_digits, int max_digits, RandomStream& random) {
  assert(0 < min_digits && min_digits <= max_digits);
  const auto size = static_cast<size_t>(min_digits) + random.Below(static_cast<uint64_t>(max_digits - min_digits + 1));
  std::string digits;
  for (size_t i = 0; i < size; ++i) {
    digits += static_cast<char>('0' + random.Below(static_cast<uint64_t>(op.modulo)));
  }
  return digits;
}

std::optional<ParsedPrompt> ParseFoldPrompt(std::string_view prompt) {
  const size_t space = prompt.find(' ');
  if (space == std::string_view::npos || prompt.size() < space + 3) return std::nullopt;
  const std::string_view name = prompt.substr(0, space);
  const std::string_view digits = prompt.substr(space + 1, prompt.size() - space - 2);
  const auto op = std::ranges::find(Ops(), name, &FoldOp::name);
  if (op == Ops().end() || !ValidDigits(*op, digits)) return std::nullopt;
  const char mark = prompt.back();
  if (mark != '?' && mark != '!' && mark != ':') return std::nullopt;
  return ParsedPrompt{.op = std::string(name), .digits = std::string(digits), .form = static_cast<FoldForm>(mark)};
}

ParsedAnswer ParseFoldAnswer(std::string_view answer, FoldForm form) {
  ParsedAnswer parsed;
  const size_t mark = answer.rfind(form == FoldForm::kSecond ? 'S' : 'A');
  std::string_view steps = answer.substr(0, mark);
  if (mark != std::string_view::npos) {
    std::string_view value = answer.substr(mark + 1);
    value = value.substr(0, value.find_last_not_of(" \n") + 1);
    if (value.size() == 1 && value[0] >= '0' && value[0] <= '9') parsed.value = value[0] - '0';
  }
  while (!steps.empty()) {
    const size_t end = std::min(steps.find(' '), steps.size());
    if (end > 0) parsed.steps.push_back(ParseStep(steps.substr(0, end), form));
    steps.remove_prefix(std::min(end + 1, steps.size()));
  }
  return parsed;
}

std::string FoldsDefinition(std::string_view target) {
  std::string text = "folds 1: worked '472 A2', bare 'A2', second '4,7=2 S2'\n";
  const auto add = [&](const FoldOp& op) {
    text += fmt::format("{} {} {} {} {} {}\n", op.name, op.modulo, op.from_right, op.condition, op.then_skill,
                        op.else_skill);
  };
  for (const std::string& name : AllFoldOps()) add(FindFoldOp(name));
  if (std::ranges::find(ExtraFoldOps(), target) != ExtraFoldOps().end()) {
    add(FindFoldOp(target));
    text += fmt::format("weights {}\n", fmt::join(FindFoldOp(target).weights, " "));
  }
  return text;
}

std::string FoldWritingPrompt(std::string_view op) { return fmt::format("T {}=", op); }

}  // namespace retort
