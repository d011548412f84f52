// Numbers of the grader of mathematics: exact rationals as long as they stay small, else 50 decimal digits, else
// undefined. Software arithmetic throughout, so that two machines agree on every digit, and bounded, so that no text
// can make it hang: what grows beyond the limits becomes inexact, then undefined. Seen by this room's .cc files only.
#pragma once

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace retort {

using Integer = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;
using Rational =
    boost::multiprecision::number<boost::multiprecision::cpp_rational_backend, boost::multiprecision::et_off>;
using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

class Number {
 public:
  Number() = default;             // undefined
  Number(const Rational& value);  // NOLINT(google-explicit-constructor): each is a number
  Number(const Real& value);      // NOLINT(google-explicit-constructor)

  bool defined() const { return !std::holds_alternative<std::monostate>(value_); }
  const Rational* exact() const { return std::get_if<Rational>(&value_); }
  std::optional<int> AsInt(int max) const;  // of an exact integer with |value| <= max
  Real real() const;                        // of a defined number

  Number operator+(const Number& other) const;
  Number operator-(const Number& other) const;
  Number operator*(const Number& other) const;
  Number operator/(const Number& other) const;

  // What equal numbers share: "7/2", "5", or 30 digits of an irrational; "?" if undefined. Inexact numbers within 1e-40
  // of a fraction of small terms are that fraction: (sqrt 2)^2 is 2.
  std::string Key() const;

 private:
  std::variant<std::monostate, Rational, Real> value_;
};

// "12.50", "1.5e-3": exact. Undefined where the exponent or the number of digits is beyond reason.
Number ParseDecimal(std::string_view whole, std::string_view fraction, int exponent);

Number Power(const Number& base, const Number& exponent);  // 0^0 and fractional powers of negatives are undefined
Number Root(const Number& value, int degree);              // of a negative for odd degrees too
Number Factorial(const Number& value);
Number Binomial(const Number& n, const Number& k);
Number Pi();
Number EulersNumber();
bool IsFunction(std::string_view name);  // sin cos tan cot sec csc arcsin arccos arctan ln exp abs
Number Apply(std::string_view function, const Number& value);  // angles in radians

}  // namespace retort
