// Changes are drawn row by row, each from a stream of its own: the rows of n begin those of a larger n, and the same
// row is changed in the same way whatever else is asked for.
#include "experiments/arms/anatomy_arms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <variant>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/folds.h"
#include "core/lm/local_model.h"
#include "core/lm/tokenizer.h"
#include "experiments/arms/arms.h"
#include "experiments/cells/compute_cell.h"
#include "experiments/design/derive.h"
#include "student/example.h"

namespace retort::lab {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A text as steps, each but the last with what parts it from the next, and the answer behind them.
struct Parts {
  std::vector<std::string> steps;
  std::string answer;
};

Parts SplitAt(const std::string& text, std::string_view separator) {
  Parts parts;
  size_t begin = 0;
  for (size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + separator.size()) {
    parts.steps.push_back(text.substr(begin, end + separator.size() - begin));
  }
  parts.answer = text.substr(begin);
  return parts;
}

Parts PartsOf(const std::string& text, bool folds) {
  if (folds) return SplitAt(text, " ");
  Parts lines = SplitAt(text, "\n");
  return lines.steps.empty() ? SplitAt(text, ". ") : lines;
}

// Another order, where there is one.
std::string Shuffled(const Parts& parts, RandomStream& random) {
  std::vector<std::string> steps = parts.steps;
  const bool same = std::ranges::all_of(steps, [&](const std::string& step) { return step == steps.front(); });
  do random.Shuffle(steps);
  while (!same && steps == parts.steps);
  return std::accumulate(steps.begin(), steps.end(), std::string()) + parts.answer;
}

std::string WithHalfOfTheDigitsOther(std::string text, RandomStream& random) {
  std::vector<size_t> digits;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDigit(text[i])) digits.push_back(i);
  }
  random.Shuffle(digits);
  for (size_t i = 0; i < digits.size() / 2; ++i) text[digits[i]] = OtherDigit(text[digits[i]], random);
  return text;
}

// One dot for a character, whatever its bytes; white space stays, so that the form does.
std::string Dots(std::string_view steps) {
  std::string dots;
  for (const char c : steps) {
    const bool space = c == ' ' || c == '\n' || c == '\t', continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continues) dots += space ? c : '.';
  }
  return dots;
}

// The teacher's rows, each text changed by `change` with a stream of its own.
template <class Change>
SampleSet Changed(ArmContext& context, int n, uint64_t seed, std::string_view name, const std::string& how,
                  const Change& change) {
  SampleSet set = context.TeacherRows(n, seed);
  for (Sample& sample : set.samples) {
    RandomStream random(seed, fmt::format("{}/{}/{}", name, sample.id, sample.attempt));
    try {
      SetCompletion(sample, change(sample, random));
    } catch (const Error& error) {
      throw Error({.place = fmt::format("arm {}, sample {}", name, sample.id)}, error.what());
    }
  }
  MarkDerived(set, how);
  return set;
}

bool IsFolds(const ArmContext& context) { return std::holds_alternative<FoldsConfig>(context.task_config()); }

// Of the text of each row, its end included, as a student of this seed would learn it.
std::vector<int64_t> SupervisedTokens(ArmContext& context, const std::vector<Sample>& samples, uint64_t seed) {
  const LocalModel& student = context.StartModel(seed);
  std::vector<int64_t> tokens;
  for (const Example& example :
       Tokenise(student.tokenizer(), student.chat_template(), samples, std::numeric_limits<int>::max())) {
    tokens.push_back(example.supervised());
  }
  return tokens;
}

Error NoSteps() {
  return Error({.place = "arm answers_equal_tokens"},
               "the answers have no steps that could be left out: it would be the teacher's arm over again",
               "leave the arm out, or ask for whole answers (collect.answer_only=false, policies.use=[])");
}

Error TooFew(int n, uint64_t seed, int64_t rows, size_t pool) {
  return Error({.place = fmt::format("arm answers_equal_tokens, N={}, seed {}", n, seed)},
               fmt::format("as many tokens as in {} whole answers are in about {} answers without steps, and the pool "
                           "has {} prompts",
                           n, rows, pool),
               fmt::format("raise collect.pool_size to {}, or lower n", rows + rows / 10));
}

}  // namespace

SampleSet StepsShuffled(ArmContext& context, int n, uint64_t seed) {
  return Changed(context, n, seed, "steps_shuffled", "steps in another order",
                 [folds = IsFolds(context)](const Sample& sample, RandomStream& random) {
                   return Shuffled(PartsOf(Text(sample.completion), folds), random);
                 });
}

SampleSet WrongAnswer(ArmContext& context, int n, uint64_t seed) {
  return Changed(
      context, n, seed, "wrong_answer", "answers replaced by wrong ones",
      [](const Sample& sample, RandomStream& random) {
        const std::string text = Text(sample.completion), answer = LastWord(text);
        if (std::ranges::none_of(answer, IsDigit)) {
          throw Error(fmt::format("its last word, {}, has no digit that could be another one", Excerpt(answer)));
        }
        const size_t at = text.rfind(answer);
        return text.substr(0, at) + OtherDigits(answer, random) + text.substr(at + answer.size());
      });
}

SampleSet HalfCorrupted(ArmContext& context, int n, uint64_t seed) {
  return Changed(context, n, seed, "half_corrupted", "half of the digits replaced by others",
                 [](const Sample& sample, RandomStream& random) {
                   return WithHalfOfTheDigitsOther(Text(sample.completion), random);
                 });
}

std::string OtherRuleOf(const std::string& target, uint64_t seed) {
  std::vector<std::string> rules = RuleNames();
  std::erase(rules, target);
  return rules[RandomStream(seed, "other_rule/" + target).Below(rules.size())];
}

SampleSet OtherRule(ArmContext& context, int n, uint64_t seed) {
  if (!IsFolds(context)) throw Error("arm other_rule: only digit folds have rules that could be others");
  const std::string rule = OtherRuleOf(context.task().Target(seed), seed);
  return Changed(context, n, seed, "other_rule", "worked by another rule", [&](const Sample& sample, RandomStream&) {
    const auto prompt = ParseFoldPrompt(Text(sample.prompt));
    if (!prompt) throw Error("its prompt is no question of digit folds");
    return FoldCompletion(FindFoldOp(rule), prompt->digits, prompt->form);
  });
}

SampleSet Filler(ArmContext& context, int n, uint64_t seed) {
  return Changed(context, n, seed, "filler", "dots in place of the steps", [](const Sample& sample, RandomStream&) {
    const std::string text = Text(sample.completion);
    const size_t at = text.rfind(LastWord(text));
    return Dots(std::string_view(text).substr(0, at)) + text.substr(at);
  });
}

SampleSet AnswersAtEqualTokens(ArmContext& context, int n, uint64_t seed) {
  const auto sum = [](const std::vector<int64_t>& tokens) {
    return std::accumulate(tokens.begin(), tokens.end(), int64_t{0});
  };
  const int64_t budget = sum(SupervisedTokens(context, context.TeacherRows(n, seed).samples, seed));
  const size_t pool = context.Pool(seed).size();
  for (int64_t rows = n;;) {
    if (rows > static_cast<int64_t>(pool)) throw TooFew(n, seed, rows, pool);
    SampleSet set = AnswersOnly(context, static_cast<int>(rows), seed);
    const std::vector<int64_t> tokens = SupervisedTokens(context, set.samples, seed);
    const int64_t total = sum(tokens);
    if (rows == n && total >= budget) throw NoSteps();
    if (total >= budget) {
      size_t kept = 0;
      for (int64_t spent = 0; kept < tokens.size() && spent + tokens[kept] <= budget; ++kept) spent += tokens[kept];
      set.samples.resize(kept);
      MarkDerived(set, fmt::format("as many tokens as in {} whole ones", n));
      return set;
    }
    const double share = static_cast<double>(budget) / static_cast<double>(total);
    rows = std::max(rows + 1, static_cast<int64_t>(std::ceil(static_cast<double>(rows) * share)));
  }
}

int RowsAtEqualTokens(ArmContext& context, int n, uint64_t seed) {
  size_t whole = 0, bare = 0;  // in bytes: close enough to see whether it can be at all
  for (const Item& item : context.Prompts(n, seed)) {
    const auto reference = context.task().Reference(item);
    if (!reference) return n;
    whole += reference->size() + 1;
    bare += LastWord(*reference).size() + 1;
  }
  if (whole <= bare) throw NoSteps();
  const auto rows =
      static_cast<int64_t>(std::ceil(static_cast<double>(n) * static_cast<double>(whole) / static_cast<double>(bare)));
  const size_t pool = context.Pool(seed).size();
  if (rows > static_cast<int64_t>(pool)) throw TooFew(n, seed, rows, pool);
  return static_cast<int>(rows);
}

CellResult ComputeAnatomy(const CellRun& run) {
  CellResult result = ComputeCell(run);
  if (run.config.arm != "other_rule" || result.items.empty()) return result;
  const auto seed = static_cast<uint64_t>(run.config.seed);
  const FoldOp& other = FindFoldOp(OtherRuleOf(run.task.Target(seed), seed));
  int follows = 0, agree = 0;
  for (size_t i = 0; i < result.items.size(); ++i) {
    const auto prompt = ParseFoldPrompt(Text(run.items[i].prompt));
    const int taught = FoldSteps(other, prompt->digits).back().result;
    follows += ParseFoldAnswer(result.items[i].answer, prompt->form).value == taught ? 1 : 0;
    agree += run.items[i].answer == std::to_string(taught) ? 1 : 0;
  }
  const auto items = static_cast<double>(result.items.size());
  result.extras["follows_other_rule"] = follows / items;
  result.extras["rules_agree"] = agree / items;
  return result;
}

}  // namespace retort::lab
