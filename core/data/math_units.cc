#include "core/data/math_units.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/trim.h"
#include "core/data/math_clean.h"

namespace retort::math {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What a word measures; nullptr for a word that measures nothing.
const std::string* UnitOf(const std::string& word) {
  static const std::map<std::string, std::string> units = [] {
    std::map<std::string, std::string> map;
    const auto add = [&](const std::string& unit, std::initializer_list<const char*> words) {
      for (const char* name : words) map[name] = unit;
    };
    add("mm", {"mm", "millimeter", "millimeters", "millimetre", "millimetres"});
    add("cm", {"cm", "cms", "centimeter", "centimeters", "centimetre", "centimetres"});
    add("m", {"m", "meter", "meters", "metre", "metres"});
    add("km", {"km", "kms", "kilometer", "kilometers", "kilometre", "kilometres"});
    add("inch", {"inch", "inches"});
    add("ft", {"ft", "foot", "feet"});
    add("yd", {"yd", "yds", "yard", "yards"});
    add("mile", {"mi", "mile", "miles"});
    add("mg", {"mg", "milligram", "milligrams"});
    add("g", {"g", "gram", "grams"});
    add("kg", {"kg", "kgs", "kilogram", "kilograms", "kilo", "kilos"});
    add("oz", {"oz", "ounce", "ounces"});
    add("lb", {"lb", "lbs", "pound", "pounds"});
    add("ton", {"ton", "tons", "tonne", "tonnes"});
    add("second", {"s", "sec", "secs", "second", "seconds"});
    add("minute", {"min", "mins", "minute", "minutes"});
    add("hour", {"h", "hr", "hrs", "hour", "hours"});
    add("day", {"day", "days"});
    add("week", {"week", "weeks"});
    add("month", {"month", "months"});
    add("year", {"year", "years", "yr", "yrs"});
    add("ml", {"ml", "milliliter", "milliliters", "millilitre", "millilitres"});
    add("l", {"l", "liter", "liters", "litre", "litres"});
    add("gallon", {"gal", "gallon", "gallons"});
    add("$", {"dollar", "dollars", "usd", "buck", "bucks"});
    add("cent", {"cent", "cents"});
    add("euro", {"euro", "euros", "eur"});
    add("gbp", {"gbp"});
    add("%", {"percent", "pct", "percentage", "percents"});
    add("degree", {"degree", "degrees", "deg"});
    add("radian", {"radian", "radians", "rad"});
    add("mile/hour", {"mph"});
    add("km/hour", {"kph", "kmh"});
    return map;
  }();
  const auto found = units.find(word);
  return found == units.end() ? nullptr : &found->second;
}

int ScaleOf(const std::string& word) {
  static const std::map<std::string, int> scales = {
      {"hundred", 2}, {"thousand", 3}, {"million", 6}, {"billion", 9}, {"trillion", 12}};
  const auto found = scales.find(word);
  return found == scales.end() ? 0 : found->second;
}

// With these a number before them is not the value, or not all of it.
bool ChangesTheValue(const std::string& word) {
  static const std::set<std::string> words = {
      "and",     "or",     "to",     "not",       "than",        "minus",      "plus",        "times",     "squared",
      "cubed",   "half",   "halves", "third",     "thirds",      "quarter",    "quarters",    "fourth",    "fourths",
      "fifth",   "fifths", "sixth",  "sixths",    "seventh",     "sevenths",   "eighth",      "eighths",   "ninth",
      "ninths",  "tenth",  "tenths", "hundredth", "hundredths",  "thousandth", "thousandths", "factorial", "mod",
      "modulo",  "choose", "base",   "remainder", "if",          "is",         "are",         "but",       "except",
      "pi",      "sqrt",   "sin",    "cos",       "tan",         "log",        "ln",          "exp",       "root",
      "divided", "over",   "power",  "ago",       "square-root", "th",         "st",          "nd",        "rd"};
  return words.contains(word);
}

// The words of a unit: split at spaces, "/" is "per", a hyphen joins ("year-old"), "%" is "percent".
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(AsciiLower(word));
    word.clear();
  };
  for (const char c : text) {
    if (IsLetter(c) || c == '^' || IsDigit(c)) {
      word += c;
    } else {
      end_word();
      if (c == '/') words.emplace_back("per");
      if (c == '%') words.emplace_back("percent");
    }
  }
  end_word();
  return words;
}

std::string NameOf(const std::vector<std::string>& words) {
  std::string unit, power;
  for (const std::string& word : words) {
    if (word == "per" || (word == "a" && !unit.empty()) || (word == "each" && !unit.empty())) {
      if (unit.find('/') != std::string::npos) break;
      unit += "/";
      continue;
    }
    if (word == "square" || word == "sq") power = "^2";
    if (word == "cubic" || word == "cu") power = "^3";
    const size_t caret = word.find('^');
    const std::string* known = UnitOf(word.substr(0, caret));
    if (known == nullptr) continue;
    if (!unit.empty() && unit.back() != '/') continue;  // "feet 6 inches long": the first one names it
    unit += *known + (caret == std::string::npos ? power : word.substr(caret));
    power.clear();
  }
  while (unit.ends_with('/')) unit.pop_back();
  return unit;
}

// "cm^2", "cm^{2}" at the end becomes a word without braces; the position of its first letter, or npos.
size_t PowerOfUnit(std::string& text) {
  for (const char power : {'2', '3'}) {
    for (const std::string& form : {std::string("^") + power, std::string("^{") + power + "}"}) {
      if (!text.ends_with(form)) continue;
      const size_t end = text.size() - form.size();
      size_t begin = end;
      while (begin > 0 && IsLetter(text[begin - 1])) --begin;
      const bool apart = begin > 0 && text[begin - 1] == ' ';
      if (begin == 0 || end - begin < (apart ? 1U : 2U) || text[begin - 1] == '\\') continue;
      if (UnitOf(AsciiLower(std::string_view(text).substr(begin, end - begin))) == nullptr) continue;
      text = text.substr(0, end) + "^" + power;
      return begin;
    }
  }
  return std::string::npos;
}

// Where the words behind the value begin; text.size() if there are none.
size_t TailBegin(const std::string& text) {
  constexpr std::string_view kOfWords = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ /-.%'";
  size_t begin = text.find_last_not_of(kOfWords);
  if (begin == std::string::npos) return text.size();
  ++begin;
  // "10\pi cm", "5x cm": a constant or variable still belongs to the value.
  for (;;) {
    size_t at = begin;
    if (at > 0 && text[at - 1] == '\\') {
      while (at < text.size() && IsLetter(text[at])) ++at;
      begin = at;
      continue;
    }
    while (at < text.size() && text[at] == ' ') ++at;
    const bool single = at < text.size() && IsLetter(text[at]) && (at + 1 == text.size() || !IsLetter(text[at + 1]));
    const bool is_unit = single && at > begin && (UnitOf(AsciiLower(text.substr(at, 1))) != nullptr || text[at] == 'a');
    if (!single || is_unit) return begin;
    begin = at + 1;
  }
}

bool IsUnitTail(std::string_view tail, const std::vector<std::string>& words) {
  if (words.empty() || words.size() > 6) return false;
  for (const std::string& word : words) {
    if (ChangesTheValue(word)) return false;
    if (word.size() == 1 && word != "a" && UnitOf(word) == nullptr) return false;
  }
  // "5-x", "5 - cm", "5/cm": signs between the value and the words mean something else, but for "10-year-old", "5/day".
  if (tail.find(" -") != std::string_view::npos || tail.find("- ") != std::string_view::npos) return false;
  if (tail.front() == '-' || tail.front() == '/') {
    return tail.size() > 1 && IsLetter(tail[1]) && words.back().size() > 2;
  }
  const std::string& first = words.front();
  if (tail.front() != ' ' && tail.front() != '%') return first.size() > 1 && (UnitOf(first) != nullptr);
  return first.size() > 2 || UnitOf(first.substr(0, first.find('^'))) != nullptr || first == "of" || first == "in" ||
         first == "a" || first == "an" || first == "sq" || first == "cu" || first == "per";
}

std::string CurrencyOf(char c) { return c == kDollar ? "$" : c == kEuro ? "euro" : c == kPound ? "gbp" : ""; }

}  // namespace

Quantity SplitUnit(std::string_view text) {
  std::string value(TrimText(text)), currency;
  for (const std::string_view prefix : {"US", "A", "C"}) {  // "US$5"
    if (value.starts_with(prefix) && value.size() > prefix.size() && value[prefix.size()] == kDollar) {
      value.erase(0, prefix.size());
    }
  }
  const size_t sign = value.starts_with('-') ? 1 : 0;
  if (value.size() > sign && !CurrencyOf(value[sign]).empty()) {
    currency = CurrencyOf(value[sign]);
    value.erase(sign, 1);
  } else if (!value.empty() && !CurrencyOf(value.back()).empty()) {
    currency = CurrencyOf(value.back());
    value.pop_back();
  }
  value = TrimText(value);
  size_t tail = PowerOfUnit(value);
  if (tail == std::string::npos) {
    tail = TailBegin(value);
  } else {
    while (tail > 0 && (IsLetter(value[tail - 1]) || value[tail - 1] == ' ')) --tail;  // "square" before it
  }
  if (tail == 0 || tail >= value.size()) return {.value = value, .unit = currency};
  const std::string_view tail_text = std::string_view(value).substr(tail);
  std::vector<std::string> words = Words(tail_text);
  std::string scale;
  if (!words.empty() && ScaleOf(words.front()) > 0) {
    scale = "*10^" + std::to_string(ScaleOf(words.front()));
    words.erase(words.begin());
  }
  if (!IsUnitTail(tail_text, words) && (scale.empty() || !words.empty())) return {.value = value, .unit = currency};
  std::string unit = NameOf(words);
  if (!currency.empty()) unit = unit.starts_with('/') ? currency + unit : currency;
  std::string number(TrimText(std::string_view(value).substr(0, tail)));
  if (!scale.empty()) number = "(" + number + ")" + scale;
  return {.value = std::move(number), .unit = std::move(unit)};
}

bool SameUnit(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty() || a == b) return true;
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && b[a.size()] == '/';
}

}  // namespace retort::math
