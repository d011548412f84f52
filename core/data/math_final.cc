// Finding the final answer in a longer text. Every search goes from the end and reads each byte a bounded number of
// times.
#include <algorithm>
#include <array>
#include <cctype>

#include "core/base/trim.h"
#include "core/data/answer_text.h"
#include "core/data/math_answer.h"

namespace retort {
namespace {

constexpr size_t kLongestSpan = 2000;  // of a marked answer
constexpr size_t kLongestWhole = 200;  // of a text that is one formula
constexpr size_t kLongestWords = 40;   // of a text that is an answer in words

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool IsMath(std::string_view text) {
  const auto answer = ParseMathAnswer(text);
  return answer && !answer->is_text;
}

// What stands in the braces at `at`; nullopt if they do not close.
std::optional<std::string> Braces(std::string_view text, size_t at) {
  int depth = 0;
  const size_t end = std::min(text.size(), at + kLongestSpan);
  for (size_t i = at; i < end; ++i) {
    if (text[i] == '\\') {
      ++i;  // \{ and \} are no braces of LaTeX's
    } else if (text[i] == '{') {
      ++depth;
    } else if (text[i] == '}' && --depth == 0) {
      return std::string(TrimText(text.substr(at + 1, i - at - 1)));
    }
  }
  return std::nullopt;
}

struct Found {
  std::string answer;
  size_t at;
};

std::optional<Found> LastBoxed(std::string_view text) {
  std::optional<Found> last;
  for (const std::string_view command : {"\\boxed", "\\fbox"}) {
    // The last one counts; a broken one does not send us back to what stood before it.
    const size_t at = text.rfind(command);
    if (at == std::string_view::npos || (last && at < last->at)) continue;
    size_t open = at + command.size();
    while (open < text.size() && text[open] == ' ') ++open;
    if (open >= text.size()) continue;
    if (text[open] == '{') {
      if (auto inside = Braces(text, open)) last = Found{std::move(*inside), at};
    } else if (IsDigit(text[open])) {  // "\boxed 5"
      const size_t end = std::min(text.find_first_of(" \n$", open), text.size());
      last = Found{std::string(text.substr(open, end - open)), at};
    }
  }
  return last;
}

std::string_view Line(std::string_view text, size_t from) {
  const size_t end = std::min({text.find('\n', from), text.size(), from + kLongestSpan});
  return TrimText(text.substr(from, end - from));
}

std::optional<Found> AfterHashes(std::string_view text) {
  constexpr std::string_view kMark = "####";
  const size_t at = text.rfind(kMark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view line = Line(text, at + kMark.size());
  if (line.empty()) return std::nullopt;
  return Found{std::string(line), at};
}

// What follows the last "answer is", "answer:", "answer =", or an "A:" that begins a line.
std::optional<std::string_view> AfterAnswerIs(std::string_view text) {
  // Each of the two is looked for again only once it was used: a megabyte of marks is read once.
  size_t word = text.rfind("nswer"), mark = text.rfind("A:");
  const auto before = [&](std::string_view what, size_t at) {
    return at == 0 ? std::string_view::npos : text.rfind(what, at - 1);
  };
  while (word != std::string_view::npos || mark != std::string_view::npos) {
    if (mark != std::string_view::npos && (word == std::string_view::npos || mark > word)) {
      if (mark == 0 || text[mark - 1] == '\n') return Line(text, mark + 2);
      mark = before("A:", mark);
      continue;
    }
    std::string_view rest = text.substr(word + 5, kLongestSpan);
    if (rest.starts_with('s')) rest.remove_prefix(1);
    while (rest.starts_with(' ') || rest.starts_with('*')) rest.remove_prefix(1);
    for (const std::string_view sign : {"is:", "is ", "are ", ":", "= ", "is\n", "is$", "is\\"}) {
      if (!rest.starts_with(sign)) continue;
      const size_t keep = sign.ends_with('$') || sign.ends_with('\\') ? 1 : 0;
      return Line(TrimText(rest.substr(sign.size() - keep)), 0);
    }
    word = before("nswer", word);
  }
  return std::nullopt;
}

// The last formula between dollars, \( \) or \[ \] that has a digit or a constant.
std::optional<std::string> LastInlineMath(std::string_view text) {
  if (text.size() > 20 * kLongestSpan) text.remove_prefix(text.size() - 20 * kLongestSpan);
  size_t end = text.size();
  for (int tries = 0; tries < 20 && end != std::string_view::npos && end > 0; ++tries) {
    const size_t close = text.find_last_of("$)]", end - 1);
    if (close == std::string_view::npos) return std::nullopt;
    end = close;
    size_t begin = std::string_view::npos, content_end = close;
    if (text[close] == '$') {
      if (close > 0 && text[close - 1] == '\\') continue;
      begin = close == 0 ? std::string_view::npos : text.rfind('$', close - 1);
      if (begin == std::string_view::npos) continue;
      if (begin + 1 == close) continue;  // "$$"
      begin += 1;
      end = begin - 1;
    } else {
      if (close == 0 || text[close - 1] != '\\') continue;
      begin = text.rfind(text[close] == ')' ? "\\(" : "\\[", close);
      if (begin == std::string_view::npos) continue;
      begin += 2;
      content_end = close - 1;
      end = begin - 2;
    }
    const std::string_view content = text.substr(begin, content_end - begin);
    const bool quantity = std::ranges::any_of(content, IsDigit) || content.find("\\pi") != std::string_view::npos;
    if (quantity && content.size() <= kLongestSpan && IsMath(content)) return std::string(content);
  }
  return std::nullopt;
}

// The last number, with what belongs to it: a fraction, a mixed number, signs of operation around it.
std::optional<std::string> LastNumber(std::string_view text) {
  if (text.size() > 20 * kLongestSpan) text.remove_prefix(text.size() - 20 * kLongestSpan);
  const size_t last = text.find_last_of("0123456789");
  if (last == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kPart = "0123456789.,/^*+-()$%";
  size_t end = last + 1;
  while (end < text.size() && (text[end] == '%' || text[end] == ')' || text[end] == '!')) ++end;
  size_t begin = last + 1;
  while (begin > 0 && last + 1 - begin < 100 && kPart.find(text[begin - 1]) != std::string_view::npos) --begin;
  std::string found(text.substr(begin, end - begin));
  // "1 3/4"
  if (found.find('/') != std::string::npos && begin >= 2 && text[begin - 1] == ' ' && IsDigit(text[begin - 2])) {
    size_t whole = begin - 1;
    while (whole > 0 && IsDigit(text[whole - 1])) --whole;
    const std::string mixed = std::string(text.substr(whole, end - whole));
    if (IsMath(mixed)) found = mixed;
  }
  if (begin > 0 && IsWordCharacter(text[begin - 1])) return FinalNumber(found);  // "A4", "x2"
  while (!found.empty() && !IsMath(found)) {
    if (IsDigit(found.front()) && found.find_first_of("+-*/^(),", 1) == std::string::npos) break;
    found.erase(0, 1);  // "(18", ",5", "=5"
  }
  if (!found.empty() && IsMath(found)) return found;
  return FinalNumber(text.substr(begin));
}

size_t CountNumbers(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool inside = i > 0 && (IsDigit(text[i - 1]) || text[i - 1] == '.' || text[i - 1] == ',');
    count += IsDigit(text[i]) && !inside ? 1 : 0;
  }
  return count;
}

// From the rest of the line after "the answer is": as much of it as is mathematics, its first sentence at most.
std::optional<std::string> FromSentence(std::string_view line) {
  if (line.empty()) return std::nullopt;
  if (IsMath(line)) return std::string(line);
  std::string_view sentence = line;
  if (const size_t stop = line.find(". "); stop != std::string_view::npos) sentence = line.substr(0, stop);
  if (IsMath(sentence)) return std::string(sentence);
  for (const std::string_view cut : {" because", " since", " (", ";", ", so ", ", because", ", since", " as "}) {
    const size_t at = sentence.find(cut);
    if (at != std::string_view::npos && at > 0 && IsMath(sentence.substr(0, at))) {
      return std::string(sentence.substr(0, at));
    }
  }
  const bool negated =
      sentence.find("not ") != std::string_view::npos || sentence.find("n't") != std::string_view::npos;
  if (!negated) {
    if (sentence.find('$') != std::string_view::npos) {
      if (auto formula = LastInlineMath(sentence)) return formula;
    }
    if (CountNumbers(sentence) == 1) {
      if (auto number = LastNumber(sentence)) return number;
    }
  }
  return std::string(sentence.substr(0, kLongestWords * 4));
}

// Without GSM8K's calculator notes, "<<48/2=24>>".
std::string WithoutNotes(std::string_view text) {
  std::string out;
  for (;;) {
    const size_t open = text.find("<<"), close = open == std::string_view::npos ? open : text.find(">>", open);
    if (close == std::string_view::npos) return out + std::string(text);
    out += text.substr(0, open);
    text.remove_prefix(close + 2);
  }
}

}  // namespace

std::optional<std::string> FinalMath(std::string_view text) {
  const auto boxed = LastBoxed(text), hashes = AfterHashes(text);
  if (boxed && (!hashes || boxed->at > hashes->at))
    return boxed->answer.empty() ? std::nullopt : std::optional(boxed->answer);
  if (hashes) return hashes->answer;
  if (const auto line = AfterAnswerIs(text)) {
    if (auto answer = FromSentence(*line)) return answer;
  }
  const std::string_view whole = TrimText(text);
  if (whole.empty()) return std::nullopt;
  if (whole.size() <= kLongestWhole && whole.find('\n') == std::string_view::npos && IsMath(whole))
    return std::string(whole);
  const std::string plain = WithoutNotes(whole);
  if (auto formula = LastInlineMath(plain)) return formula;
  if (auto number = LastNumber(plain)) return number;
  if (whole.size() <= kLongestWords && std::ranges::count(whole, ' ') <= 2) return std::string(whole);
  return std::nullopt;
}

}  // namespace retort
