// Lists, brackets, equations and relations around single values. Each level splits at signs outside of brackets and
// goes on inside, to a bounded depth; whatever does not fit makes the whole a text.
#include "core/data/math_answer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/hash.h"
#include "core/base/trim.h"
#include "core/data/math_clean.h"
#include "core/data/math_expression.h"
#include "core/data/math_units.h"

namespace retort {
namespace {

using math::kCloseSet;
using math::kOpenSet;

constexpr size_t kMaxLength = 2000;  // of an answer that is read as mathematics
constexpr int kMaxDepth = 8;
constexpr size_t kMaxParts = 200;

using Strings = std::vector<std::string>;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsOpen(char c) { return c == '(' || c == '[' || c == '{' || c == kOpenSet; }
bool IsClose(char c) { return c == ')' || c == ']' || c == '}' || c == kCloseSet; }

std::string Trimmed(std::string_view text) { return std::string(TrimText(text)); }

// Calls `at_top(position)` for every character outside of brackets; it returns how many to step over.
template <class F>
void ForEachOutside(std::string_view text, const F& at_top) {
  int depth = 0;
  for (size_t i = 0; i < text.size();) {
    if (IsOpen(text[i])) ++depth;
    if (IsClose(text[i])) --depth;
    const size_t step = depth == 0 && !IsClose(text[i]) ? at_top(i) : 0;
    i += std::max<size_t>(step, 1);
  }
}

Strings SplitOutside(std::string_view text, const Strings& separators) {
  Strings parts;
  size_t begin = 0;
  ForEachOutside(text, [&](size_t at) -> size_t {
    for (const std::string& separator : separators) {
      if (!text.substr(at).starts_with(separator)) continue;
      parts.push_back(Trimmed(text.substr(begin, at - begin)));
      begin = at + separator.size();
      return separator.size();
    }
    return 0;
  });
  parts.push_back(Trimmed(text.substr(begin)));
  return parts;
}

struct Relations {
  Strings parts, signs;  // signs stand between parts: "=", "<", "<=", ">", ">=", "in"
};
Relations SplitRelations(std::string_view text) {
  static const std::array<std::pair<std::string_view, std::string_view>, 7> kSigns = {
      {{"<=", "<="}, {">=", ">="}, {"==", "="}, {"<", "<"}, {">", ">"}, {"=", "="}, {"\\in", "in"}}};
  Relations relations;
  size_t begin = 0;
  ForEachOutside(text, [&](size_t at) -> size_t {
    if (text.substr(at).starts_with("!=")) return 2;
    for (const auto& [spelling, sign] : kSigns) {
      if (!text.substr(at).starts_with(spelling)) continue;
      const size_t end = at + spelling.size();
      if (sign == "in" && end < text.size() && IsLetter(text[end])) continue;  // \infty
      relations.parts.push_back(Trimmed(text.substr(begin, at - begin)));
      relations.signs.emplace_back(sign);
      begin = end;
      return spelling.size();
    }
    return 0;
  });
  relations.parts.push_back(Trimmed(text.substr(begin)));
  return relations;
}

// "x", "x_1", "f(x)", "(x, y)": what an equation gives a value to.
bool IsName(std::string_view text) {
  if (text.size() > 12 || text.empty()) return false;
  const bool tuple = text.front() == '(' && text.back() == ')';
  bool letter = false;
  int run = 0;
  for (const char c : text) {
    run = IsLetter(c) ? run + 1 : 0;
    if (run > 1) return false;
    letter = letter || IsLetter(c);
    const bool part = IsLetter(c) || c == '_' || c == '(' || c == ')' || c == '{' || c == '}' || c == ' ' ||
                      (tuple && c == ',') || (c >= '0' && c <= '9' && letter);
    if (!part) return false;
  }
  return letter && (tuple || IsLetter(text.front()));
}
// "Total cost": words before "=" that say what the value is of.
bool IsCaption(std::string_view text) {
  return !text.empty() && text.find('\\') == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return IsLetter(c) || c == ' '; }) &&
         std::ranges::adjacent_find(text, [](char a, char b) { return IsLetter(a) && IsLetter(b); }) != text.end();
}

std::string WithoutSpaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out += c;
  }
  return out;
}

class AnswerParser {
 public:
  // nullopt: no mathematics.
  std::optional<MathAnswer> Any(const std::string& text, int depth) {
    if (depth > kMaxDepth || text.empty()) return std::nullopt;
    if (const Strings parts = ListParts(text); parts.size() > 1) return List(parts, "{", "}", depth);
    if (text.find("\\pm") != std::string::npos) return PlusMinus(text, depth);
    const Relations relations = SplitRelations(text);
    if (!relations.signs.empty()) return Related(relations, depth);
    return Single(text, depth);
  }

 private:
  // At commas; "and" and "or" between the last two are commas, too.
  static Strings ListParts(const std::string& text) {
    static const Strings kSeparators = {", and ", ", or ", " and ", " or ", ","};
    return SplitOutside(text, kSeparators);
  }

  // `open` "{": in any order. Else in the order given, with the brackets as they are.
  std::optional<MathAnswer> List(const Strings& parts, const std::string& open, const std::string& close, int depth) {
    if (parts.size() > kMaxParts) return std::nullopt;
    std::vector<MathAnswer> answers;
    for (const std::string& part : parts) {
      auto answer = Any(part, depth + 1);
      if (!answer) return std::nullopt;
      answers.push_back(std::move(*answer));
    }
    // A unit or name that the parts share, or only one states ("3 and 5 cm", "x = 1, 2"), is that of the whole.
    MathAnswer whole;
    const bool unit = Shared(answers, &MathAnswer::unit, whole.unit),
               name = Shared(answers, &MathAnswer::name, whole.name);
    Strings keys;
    for (const MathAnswer& answer : answers) {
      std::string key = answer.key;
      if (!unit) key += " " + answer.unit;
      if (!name) key.insert(0, answer.name + " = ");
      keys.push_back(std::move(key));
    }
    if (open == "{") std::ranges::sort(keys);
    whole.key = open;
    for (const std::string& key : keys) whole.key += key + ";";
    whole.key += close;
    return whole;
  }

  static bool Shared(const std::vector<MathAnswer>& answers, std::string MathAnswer::*field, std::string& shared) {
    for (const MathAnswer& answer : answers) {
      if ((answer.*field).empty() || answer.*field == shared) continue;
      if (!shared.empty()) {
        shared.clear();
        return false;
      }
      shared = answer.*field;
    }
    return true;
  }

  std::optional<MathAnswer> PlusMinus(const std::string& text, int depth) {
    Strings both;
    for (const char* sign : {"+", "-"}) {
      std::string one;
      for (size_t at = 0; at < text.size();) {
        if (text.compare(at, 3, "\\pm") == 0) {
          one += sign;
          at += 3;
        } else {
          one += text[at++];
        }
      }
      both.push_back(Trimmed(one));
    }
    const Relations first = SplitRelations(both[0]);
    if (first.signs.size() == 1 && first.signs[0] == "=" && IsName(first.parts[0])) {
      both[1] = SplitRelations(both[1]).parts.back();
    }
    return List(both, "{", "}", depth);
  }

  std::optional<MathAnswer> Related(const Relations& relations, int depth) {
    const Strings& parts = relations.parts;
    const Strings& signs = relations.signs;
    if (std::ranges::find(parts, "") != parts.end()) return std::nullopt;
    if (signs.size() == 1 && signs[0] == "in") {
      if (!IsName(parts[0])) return std::nullopt;
      auto answer = Any(parts[1], depth + 1);
      if (answer) answer->name = parts[0];
      return answer;
    }
    if (std::ranges::any_of(signs, [](const std::string& sign) { return sign != "="; })) return Ordered(relations);
    return Equation(parts, depth);
  }

  // a = b = c: the value is the last one, the name the first.
  std::optional<MathAnswer> Equation(const Strings& parts, int depth) {
    const std::string& left = parts.front();
    if (IsCaption(left)) return Any(parts.back(), depth + 1);
    const bool name = IsName(left);
    const auto left_value = EvaluateMath(left);
    if (!name && (!left_value || (left_value->has_variables && parts.size() > 2))) return std::nullopt;
    std::optional<std::string> equation;
    if (parts.size() == 2) equation = EquationKey(left, parts[1]);
    if (!name && left_value->has_variables) {  // 2x + 3y = 5 gives no value to anything
      if (!equation) return std::nullopt;
      return MathAnswer{.key = *equation, .equation = *equation};
    }
    auto answer = Any(parts.back(), depth + 1);
    if (answer && name) {
      answer->name = WithoutSpaces(left);
      answer->equation = equation.value_or("");
    }
    return answer;
  }

  // 1 < x <= 5, all signs in one direction; "x > 1" is "1 < x".
  std::optional<MathAnswer> Ordered(const Relations& relations) {
    Strings parts = relations.parts, signs = relations.signs;
    if (std::ranges::all_of(signs, [](const std::string& sign) { return sign[0] == '>'; })) {
      std::ranges::reverse(parts);
      std::ranges::reverse(signs);
      for (std::string& sign : signs) sign[0] = '<';
    }
    if (!std::ranges::all_of(signs, [](const std::string& sign) { return sign[0] == '<'; })) return std::nullopt;
    MathAnswer answer;
    for (size_t i = 0; i < parts.size(); ++i) {
      const math::Quantity quantity = math::SplitUnit(parts[i]);
      const auto key = Value(quantity.value);
      if (!key) return std::nullopt;
      if (!quantity.unit.empty()) answer.unit = quantity.unit;
      answer.key += (i == 0 ? "" : " " + signs[i - 1] + " ") + *key;
    }
    return answer;
  }

  static std::optional<std::string> Value(const std::string& text) {
    const std::string bare = WithoutSpaces(text);
    for (const char* infinity : {"\\infty", "+\\infty", "infinity", "inf"}) {
      if (bare == infinity) return "inf";
    }
    if (bare == "-\\infty" || bare == "-infinity" || bare == "-inf") return "-inf";
    const auto value = EvaluateMath(text);
    if (!value) return std::nullopt;
    return value->key;
  }

  std::optional<MathAnswer> Single(const std::string& text, int depth) {
    if (const Strings parts = SplitOutside(text, {"\\cup ", "\\cup(", "\\cup["}); parts.size() > 1) {
      return Union(text, depth);
    }
    if (auto bracketed = Bracketed(text, depth)) return bracketed;
    const math::Quantity quantity = math::SplitUnit(text);
    if (quantity.value != text) {
      // The unit of a list in brackets, "(3, 4) cm", or of a parenthesis.
      if (auto bracketed = Bracketed(quantity.value, depth)) {
        if (!quantity.unit.empty()) bracketed->unit = quantity.unit;
        return bracketed;
      }
    }
    auto key = Value(quantity.value);
    if (!key) return std::nullopt;
    return MathAnswer{.key = std::move(*key), .unit = quantity.unit};
  }

  std::optional<MathAnswer> Union(const std::string& text, int depth) {
    Strings keys;
    for (const std::string& part : SplitOutside(text, {"\\cup"})) {
      const auto answer = Any(part, depth + 1);
      if (!answer) return std::nullopt;
      keys.push_back(answer->key);
    }
    std::ranges::sort(keys);
    MathAnswer whole;
    for (const std::string& key : keys) whole.key += (whole.key.empty() ? "" : " u ") + key;
    return whole;
  }

  // "(1, 2)", "[0, 1)", "{3, 4}": nullopt where the text is not one pair of brackets, or a parenthesis around one value
  // is part of an expression.
  std::optional<MathAnswer> Bracketed(const std::string& text, int depth) {
    if (text.size() < 2 || !IsOpen(text.front()) || !IsClose(text.back())) return std::nullopt;
    int open = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      open += IsOpen(text[i]) ? 1 : IsClose(text[i]) ? -1 : 0;
      if (open == 0 && i + 1 < text.size()) return std::nullopt;
    }
    const bool set =
        (text.front() == kOpenSet && text.back() == kCloseSet) || (text.front() == '{' && text.back() == '}');
    const bool round_or_square =
        (text.front() == '(' || text.front() == '[') && (text.back() == ')' || text.back() == ']');
    if (!set && !round_or_square) return std::nullopt;
    const std::string inside = Trimmed(std::string_view(text).substr(1, text.size() - 2));
    Strings parts = ListParts(inside);
    const bool same = (text.front() == '(') == (text.back() == ')');
    if (set) {
      if (parts.size() == 1 && text.front() == '{') return Any(inside, depth + 1);
      if (inside.find('|') != std::string::npos) return std::nullopt;
      return List(parts, "{", "}", depth);
    }
    if (parts.size() == 1) {
      if (text.front() == '(' && same) return Any(inside, depth + 1);
      return std::nullopt;
    }
    if (!same && parts.size() != 2) return std::nullopt;
    return List(parts, std::string(1, text.front()), std::string(1, text.back()), depth);
  }
};

// Words are compared without case; a formula that is not understood as it stands, without spaces.
std::string TextKey(std::string_view clean) {
  const bool words = std::ranges::all_of(clean, [](char c) { return IsLetter(c) || c == ' ' || c == '-'; }) &&
                     std::ranges::count_if(clean, IsLetter) > 1;
  std::string key;
  for (char c : clean) {
    if (words && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (words || c != ' ') key += c;
  }
  return "t:" + key;
}

// "negative 5", "exactly 18": what plain English puts before a value.
std::string WithoutPreamble(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kPreambles = {{{"negative ", "-"},
                                                                                         {"minus ", "-"},
                                                                                         {"a total of ", ""},
                                                                                         {"equal to ", ""},
                                                                                         {"exactly ", ""},
                                                                                         {"only ", ""},
                                                                                         {"just ", ""},
                                                                                         {"= ", ""},
                                                                                         {"=", ""},
                                                                                         {"option ", ""}}};
  for (const auto& [words, instead] : kPreambles) {
    if (text.starts_with(words)) return std::string(instead) + text.substr(words.size());
  }
  return text;
}

}  // namespace

std::optional<MathAnswer> ParseMathAnswer(std::string_view text) {
  text = TrimText(text);
  if (text.empty()) return std::nullopt;
  if (text.size() > kMaxLength) return MathAnswer{.key = "t:" + Sha256Hex(text), .is_text = true};
  const std::string clean = math::Clean(text);
  if (clean.empty()) return std::nullopt;
  if (auto answer = AnswerParser().Any(WithoutPreamble(clean), 0)) return answer;
  return MathAnswer{.key = TextKey(clean), .is_text = true};
}

bool SameAnswer(const MathAnswer& a, const MathAnswer& b) {
  if (!a.equation.empty() && a.equation == b.equation) return math::SameUnit(a.unit, b.unit);
  const bool same_name = a.name.empty() || b.name.empty() || a.name == b.name;
  return a.key == b.key && same_name && math::SameUnit(a.unit, b.unit);
}

}  // namespace retort
