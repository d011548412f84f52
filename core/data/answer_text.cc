// Finding the final answer. Numbers stay decimal strings throughout: no rounding, no overflow.
#include "core/data/answer_text.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/base/trim.h"
#include "core/data/answer_pattern.h"
#include "core/data/math_answer.h"

namespace retort {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordCharacter(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ')'; }

size_t DigitsFrom(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - begin;
}

struct Number {
  std::string canonical;
  size_t end;
};

// The first number that starts at or after `from`. "-" is a sign only where no operand stands before it ("5-3" holds 5
// and 3); a comma separates thousands only before exactly three digits.
std::optional<Number> NextNumber(std::string_view text, size_t from) {
  size_t begin = from;
  while (
      begin < text.size() && !IsDigit(text[begin]) &&
      !(text[begin] == '.' && DigitsFrom(text, begin + 1) > 0 && (begin == 0 || !IsWordCharacter(text[begin - 1])))) {
    ++begin;
  }
  if (begin == text.size()) return std::nullopt;
  size_t end = begin + DigitsFrom(text, begin);
  std::string whole(text.substr(begin, end - begin));
  if (whole.size() <= 3) {
    while (end < text.size() && !whole.empty() && text[end] == ',' && DigitsFrom(text, end + 1) == 3) {
      whole += text.substr(end + 1, 3);
      end += 4;
    }
  }
  std::string fraction;
  if (end < text.size() && text[end] == '.') {
    fraction = text.substr(end + 1, DigitsFrom(text, end + 1));
    if (!fraction.empty()) end += 1 + fraction.size();
  }
  size_t before = begin;
  if (before > from && text[before - 1] == '$') --before;
  bool negative = before > from && text[before - 1] == '-';
  if (negative && before >= 2 && (IsWordCharacter(text[before - 2]) || text[before - 2] == '%')) negative = false;

  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (whole.empty()) whole = "0";
  std::string canonical = whole + (fraction.empty() ? "" : "." + fraction);
  if (negative && canonical != "0") canonical = "-" + canonical;
  return Number{.canonical = std::move(canonical), .end = end};
}

}  // namespace

std::optional<std::string> FinalNumber(std::string_view text) {
  constexpr std::string_view kMark = "####";
  if (const size_t mark = text.rfind(kMark); mark != std::string_view::npos) {
    if (auto number = NextNumber(text, mark + kMark.size())) return std::move(number->canonical);
  }
  std::optional<std::string> last;
  size_t from = 0;
  while (auto number = NextNumber(text, from)) {
    last = std::move(number->canonical);
    from = number->end;
  }
  return last;
}

std::optional<std::string> FinalChoice(std::string_view text) {
  // From the surest to the weakest: "the answer is B", "(B)", "B. ..." or "B" alone, "... B" at the end.
  static const std::array<AnswerPattern, 4> patterns = {
      AnswerPattern(R"((?i:answer|choice|option)(?i:\s+is)?\s*:?\s*[*"'(\[]*([A-Z])(?![\w'’]))"),
      AnswerPattern(R"(\(([A-Z])\))"), AnswerPattern(R"(\A\s*[*"'(\[]*([A-Z])(?:[.):\]*,"']|\s*\z))"),
      AnswerPattern(R"((?<!\w)([A-Z])[.)\]*"']*\s*\z)")};
  for (const AnswerPattern& pattern : patterns) {
    if (auto letter = pattern.Last(text)) return letter;
  }
  return std::nullopt;
}

Extractor MakeExtractor(const std::string& grader, const std::string& pattern) {
  if (grader == "final_number") return FinalNumber;
  if (grader == "choice") return FinalChoice;
  if (grader == "math") return FinalMath;
  if (grader == "exact") {
    return [](std::string_view text) -> std::optional<std::string> {
      text = TrimText(text);
      if (text.empty()) return std::nullopt;
      return std::string(text);
    };
  }
  if (grader == "regex" && pattern.empty())
    throw Error("task.grader_pattern is missing; give the pattern of task.grader = \"regex\", with the answer in ( )");
  if (grader == "regex")
    return [compiled = AnswerPattern(pattern)](std::string_view text) { return compiled.Last(text); };
  throw Error(fmt::format("no grader is named {}; there are exact final_number math choice regex", Excerpt(grader)));
}

}  // namespace retort
