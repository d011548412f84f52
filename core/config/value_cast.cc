// int(), float(), str() and bool() as Python's: what they refuse is refused here.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/ascii.h"
#include "core/base/trim.h"
#include "core/config/value_functions.h"
#include "core/config/value_lexer.h"

namespace retort {
namespace {

// Digits with single underscores between them, leading zeros allowed.
bool AreDigits(std::string_view text) {
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' && !after_digit) return false;
    if (c != '_' && (c < '0' || c > '9')) return false;
    after_digit = c != '_';
  }
  return after_digit;
}

class Caster {
 public:
  Caster(const std::string& type, const Where& where) : type_(type), where_(where) {}

  Value Of(const Value& value) const {
    if (const auto* list = value.as<Value::List>()) {
      Value::List cast;
      for (const Value& element : *list) cast.push_back(Of(element));
      return {std::move(cast)};
    }
    if (const auto* table = value.as<Value::Table>()) {
      Value::Table cast = *table;
      for (ValueEntry& entry : cast) entry.value = Of(entry.value);
      return {std::move(cast)};
    }
    if (const auto* sweep = value.as<Sweep>()) return {OfSweep(*sweep)};
    if (type_ == "int") return {Int(value)};
    if (type_ == "float") return {Float(value)};
    if (type_ == "bool") return {Bool(value)};
    return {Quotable{Str(value)}};
  }

 private:
  [[noreturn]] void Fail(std::string_view text) const {
    throw Error(where_, fmt::format("{}() cannot read {}", type_, ShownText(text)));
  }

  Sweep OfSweep(const Sweep& sweep) const {
    if (sweep.kind == Sweep::Kind::kGlob) throw Error(where_, type_ + "() takes no glob()");
    Sweep cast{.kind = sweep.kind, .simple = sweep.simple};
    if (sweep.kind == Sweep::Kind::kChoice) {
      for (const Value& choice : sweep.choices) cast.choices.push_back(Of(choice));
      return cast;
    }
    if (type_ != "int" && type_ != "float") throw Error(where_, "a range() can be cast to int or float only");
    const auto number = [&](const Number& n) -> Number {
      const Value value = std::visit([](auto x) { return Value{x}; }, n);
      if (type_ == "int") return Int(value);
      return Float(value);
    };
    cast.start = number(sweep.start);
    cast.stop = number(sweep.stop);
    cast.step = number(sweep.step);
    return cast;
  }

  int64_t Int(const Value& value) const {
    if (const auto* boolean = value.as<bool>()) return *boolean ? 1 : 0;
    if (const auto* integer = value.as<int64_t>()) return *integer;
    if (const auto* number = value.as<double>()) {
      const double whole = std::trunc(*number);
      constexpr double kLimit = 9223372036854775808.0;
      if (!(whole >= -kLimit && whole < kLimit)) Fail(TomlNumber(*number));
      return static_cast<int64_t>(whole);
    }
    const std::string& text = value.as<Quotable>()->text;
    std::string digits(TrimText(text));
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.erase(0, 1);
    if (!AreDigits(digits)) Fail(text);
    std::erase(digits, '_');
    if (negative) digits.insert(0, "-");
    int64_t integer = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), integer).ec != std::errc()) Fail(text);
    return integer;
  }

  double Float(const Value& value) const {
    if (const auto* boolean = value.as<bool>()) return *boolean ? 1 : 0;
    if (const auto* integer = value.as<int64_t>()) return static_cast<double>(*integer);
    if (const auto* number = value.as<double>()) return *number;
    const std::string& text = value.as<Quotable>()->text;
    const std::string word = AsciiLower(TrimText(text));
    std::string_view rest = word;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    if (rest == "inf" || rest == "infinity") {
      return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    }
    if (rest == "nan") return std::numeric_limits<double>::quiet_NaN();
    const size_t exponent_at = std::min(rest.find('e'), rest.size());
    std::string_view exponent = rest.substr(exponent_at);
    if (!exponent.empty()) {
      exponent.remove_prefix(1);
      if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
      if (!AreDigits(exponent)) Fail(text);
    }
    const std::string_view mantissa = rest.substr(0, exponent_at);
    const size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::string_view whole = mantissa.substr(0, point);
    const std::string_view fraction = point < mantissa.size() ? mantissa.substr(point + 1) : "";
    const bool valid = (whole.empty() || AreDigits(whole)) && (fraction.empty() || AreDigits(fraction)) &&
                       whole.size() + fraction.size() > 0;
    if (!valid) Fail(text);
    return FloatOf(word);
  }

  bool Bool(const Value& value) const {
    if (const auto* boolean = value.as<bool>()) return *boolean;
    if (const auto* integer = value.as<int64_t>()) return *integer != 0;
    if (const auto* number = value.as<double>()) return *number != 0;
    const std::string& text = value.as<Quotable>()->text;
    const std::string word = AsciiLower(text);
    if (word != "true" && word != "false") Fail(text);
    return word == "true";
  }

  static std::string Str(const Value& value) {
    if (const auto* boolean = value.as<bool>()) return *boolean ? "true" : "false";
    if (const auto* text = value.as<Quotable>()) return text->text;
    return ValueText(value);
  }

  const std::string& type_;
  const Where& where_;
};

}  // namespace

Value Cast(const std::string& type, const Value& value, const Where& where) { return Caster(type, where).Of(value); }

}  // namespace retort
