#include "core/data/math_clean.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/base/trim.h"
#include "core/base/utf8.h"

namespace retort::math {
namespace {

constexpr char kThin = '\x06', kThousands = '\x07';

using Rewrite = std::pair<std::string_view, std::string_view>;

// LaTeX commands; those that stand nowhere stay.
constexpr std::array kCommands = std::to_array<Rewrite>({
    {"left", ""},
    {"right", ""},
    {"big", ""},
    {"Big", ""},
    {"bigl", ""},
    {"bigr", ""},
    {"Bigl", ""},
    {"Bigr", ""},
    {"bigg", ""},
    {"Bigg", ""},
    {"displaystyle", ""},
    {"textstyle", ""},
    {"limits", ""},
    {"quad", " "},
    {"qquad", " "},
    {"thinspace", "\x06"},
    {"dfrac", "\\frac"},
    {"tfrac", "\\frac"},
    {"cfrac", "\\frac"},
    {"dbinom", "\\binom"},
    {"tbinom", "\\binom"},
    {"leq", "<="},
    {"le", "<="},
    {"leqslant", "<="},
    {"geq", ">="},
    {"ge", ">="},
    {"geqslant", ">="},
    {"lt", "<"},
    {"gt", ">"},
    {"ast", "*"},
    {"lbrace", "\x01"},
    {"rbrace", "\x02"},
    {"lvert", "|"},
    {"rvert", "|"},
    {"vert", "|"},
    {"degree", " degrees "},
    {"degrees", " degrees "},
    {"pounds", "\x05"},
    {"euro", "\x04"},
    {"approx", "="},
});
// Commands whose group is text, or nothing but a frame or a type face.
constexpr std::array<std::string_view, 17> kGroups = {"text",   "mathrm", "textbf",       "textit", "textrm", "mbox",
                                                      "mathbf", "mathit", "operatorname", "boxed",  "fbox",   "textsf",
                                                      "texttt", "mathsf", "hbox",         "rm",     "emph"};
// Commands of one character that is no letter.
constexpr std::array kSymbols = std::to_array<std::pair<char, std::string_view>>({
    {',', "\x06"},
    {'!', "\x06"},
    {';', " "},
    {':', " "},
    {' ', " "},
    {'{', "\x01"},
    {'}', "\x02"},
    {'%', "%"},
    {'$', "\x03"},
    {'(', ""},
    {')', ""},
    {'[', ""},
    {']', ""},
    {'\\', " "},
    {'&', "&"},
    {'#', "#"},
    {'_', "_"},
});
constexpr std::array kCharacters = std::to_array<std::pair<int, std::string_view>>({
    {0x2212, "-"},
    {0x2013, "-"},
    {0x2010, "-"},
    {0x2011, "-"},
    {0xD7, "\\times "},
    {0xF7, "\\div "},
    {0xB7, "\\cdot "},
    {0x22C5, "\\cdot "},
    {0x2219, "\\cdot "},
    {0x3C0, "\\pi "},
    {0x221A, "\\sqrt "},
    {0x221E, "\\infty "},
    {0x2264, "<="},
    {0x2265, ">="},
    {0xB2, "^2"},
    {0xB3, "^3"},
    {0xB0, " degrees "},
    {0xB1, "\\pm "},
    {0x222A, "\\cup "},
    {0x2208, "\\in "},
    {0x2248, "="},
    {0xA0, " "},
    {0x2009, "\x06"},
    {0x202F, "\x06"},
    {0x2003, " "},
    {0x20AC, "\x04"},
    {0xA3, "\x05"},
    {0x3B8, "\\theta "},
    {0xBD, " \\frac{1}{2}"},
    {0xBC, " \\frac{1}{4}"},
    {0xBE, " \\frac{3}{4}"},
    {0x2153, " \\frac{1}{3}"},
    {0x2154, " \\frac{2}{3}"},
    {0x201C, ""},
    {0x201D, ""},
    {0x2018, ""},
    {0x2019, ""},
    {0x200B, ""},
    {0xFEFF, ""},
    {0xFF0C, ","},
});

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Cleaner {
 public:
  // A single $ before a number is money; pairs of them are LaTeX's.
  explicit Cleaner(std::string_view text) : text_(text) {
    int dollars = 0;
    for (size_t i = 0; i < text.size(); ++i) dollars += text[i] == '$' && (i == 0 || text[i - 1] != '\\') ? 1 : 0;
    money_ = dollars % 2 == 1;
  }

  std::string Run() {
    while (at_ < text_.size()) Step();
    return std::move(out_);
  }

 private:
  void Step() {
    const char c = text_[at_];
    if (c == '\\') {
      Command();
    } else if (c == '^' && TakeDegree()) {
      out_ += " degrees ";
    } else if (text_.substr(at_).starts_with("{,}")) {
      out_ += kThousands;
      at_ += 3;
    } else if (c == '$') {
      if (money_) out_ += kDollar;
      ++at_;
    } else if (c == '{') {
      groups_.push_back(false);
      out_ += c;
      ++at_;
    } else if (c == '}') {
      const bool text_group = !groups_.empty() && groups_.back();
      if (!groups_.empty()) groups_.pop_back();
      out_ += text_group ? ' ' : c;
      ++at_;
    } else if (c == '~' || c == '\n' || c == '\t' || c == '\r') {
      out_ += ' ';
      ++at_;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '`') {
      ++at_;
    } else if (static_cast<unsigned char>(c) < 0x80) {
      out_ += c;
      ++at_;
    } else {
      Character();
    }
  }

  void Command() {
    if (++at_ >= text_.size()) return;
    if (!IsLetter(text_[at_])) {
      const auto symbol = std::ranges::find(kSymbols, text_[at_], [](const auto& s) { return s.first; });
      if (symbol != kSymbols.end()) out_ += symbol->second;
      ++at_;
      return;
    }
    const size_t begin = at_;
    while (at_ < text_.size() && IsLetter(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (std::ranges::find(kGroups, name) != kGroups.end()) {
      while (at_ < text_.size() && text_[at_] == ' ') ++at_;
      out_ += ' ';
      if (at_ < text_.size() && text_[at_] == '{') {
        groups_.push_back(true);
        ++at_;
      }
      return;
    }
    const auto rewrite = std::ranges::find(kCommands, name, [](const Rewrite& r) { return r.first; });
    if (rewrite != kCommands.end()) {
      out_ += rewrite->second;
      // A command takes the space behind it: "\frac 12".
    } else {
      out_ += '\\';
      out_ += name;
    }
  }

  bool TakeDegree() {
    static constexpr std::array<std::string_view, 5> kForms = {"^\\circ", "^{\\circ}", "^ \\circ", "^{ \\circ }",
                                                               "^o "};
    const auto* const form =
        std::ranges::find_if(kForms, [&](std::string_view known) { return text_.substr(at_).starts_with(known); });
    if (form == kForms.end()) return false;
    at_ += form->size();
    return true;
  }

  void Character() {
    const Utf8Step step = NextUtf8(text_.substr(at_));
    const auto known = std::ranges::find(kCharacters, step.code_point, [](const auto& c) { return c.first; });
    if (known != kCharacters.end()) {
      out_ += known->second;
    } else if (step.code_point >= 0) {
      out_ += text_.substr(at_, step.length);
    }
    at_ += step.length;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool money_ = false;
  std::vector<bool> groups_;  // of the open groups: whether it is a text's
  std::string out_;
};

// Whether three digits and no more stand at `at`.
bool ThreeDigits(std::string_view text, size_t at) {
  if (at + 3 > text.size()) return false;
  return IsDigit(text[at]) && IsDigit(text[at + 1]) && IsDigit(text[at + 2]) &&
         (at + 3 == text.size() || !IsDigit(text[at + 3]));
}

// The length of a separator of thousands at `at`; 0 if there is none. Within brackets a comma separates what is listed,
// save before a group that begins with 0, which no number does.
size_t Separator(std::string_view text, size_t at, bool in_brackets) {
  if (at >= text.size()) return 0;
  const char c = text[at];
  size_t length = 0;
  const bool space = c == ' ' && at + 4 <= text.size() && (at + 4 == text.size() || text[at + 4] != '/');
  if (c == kThousands || c == kThin || space) {
    length = 1;
  } else if (c == ',') {
    length = at + 1 < text.size() && text[at + 1] == kThin ? 2 : 1;
    if (in_brackets && length == 1 && at + 1 < text.size() && text[at + 1] != '0') return 0;
  }
  return length > 0 && ThreeDigits(text, at + length) ? length : 0;
}

std::string JoinThousands(std::string_view text) {
  std::string out;
  int brackets = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    brackets += c == '(' || c == '[' || c == kOpenSet ? 1 : c == ')' || c == ']' || c == kCloseSet ? -1 : 0;
    if (!IsDigit(c)) {
      out += c == kThin ? ' ' : c == kThousands ? ',' : c;
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && IsDigit(text[end])) ++end;
    std::string number(text.substr(at, end - at));
    const bool whole = at == 0 || (text[at - 1] != '.' && text[at - 1] != '_');
    if (whole && number.size() <= 3) {
      std::string joined = number;
      size_t next = end;
      while (const size_t length = Separator(text, next, brackets > 0)) {
        joined += text.substr(next + length, 3);
        next += length + 3;
      }
      // "12,345,67" is a list of three numbers or a slip, and no number.
      const bool goes_on = next + 1 < text.size() && text[next] == ',' && IsDigit(text[next + 1]) && brackets == 0;
      if (next > end && !goes_on) {
        number = joined;
        end = next;
      }
    }
    out += number;
    at = end;
    if (at + 1 < text.size() && text[at] == '.' && IsDigit(text[at + 1])) {  // no separators in a fraction
      out += '.';
      ++at;
      while (at < text.size() && IsDigit(text[at])) out += text[at++];
    }
  }
  return out;
}

// One space where there were several, none before a power: "\text{cm}^2" has one there.
std::string CollapseSpaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '^' && !out.empty() && out.back() == ' ') out.pop_back();
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  return out;
}

}  // namespace

std::string Clean(std::string_view text) {
  std::string clean = CollapseSpaces(JoinThousands(Cleaner(text).Run()));
  std::string_view rest = clean;
  for (;;) {
    const size_t before = rest.size();
    rest = TrimText(rest);
    while (rest.starts_with("**")) rest.remove_prefix(2);
    while (rest.ends_with("**")) rest.remove_suffix(2);
    while (!rest.empty() && (rest.back() == '.' || rest.back() == ',' || rest.back() == ';' || rest.back() == ':' ||
                             rest.back() == '\'' || rest.back() == '?')) {
      rest.remove_suffix(1);
    }
    while (!rest.empty() && (rest.front() == ':' || rest.front() == '\'')) rest.remove_prefix(1);
    if (rest.size() == before) return std::string(rest);
  }
}

}  // namespace retort::math
