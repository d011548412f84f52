#include "core/data/math_number.h"

#include <fmt/format.h>

#include <array>
#include <boost/math/constants/constants.hpp>
#include <cstdlib>
#include <utility>

namespace retort {
namespace {

constexpr unsigned kMaxBits = 2048;        // of an exact numerator or denominator
constexpr int kMaxDecimalExponent = 500;   // of a number as it is written
constexpr int kMaxInexactExponent = 1000;  // decimal, of an inexact number
constexpr int kKeyDigits = 30;

unsigned Bits(const Integer& value) { return value == 0 ? 1 : msb(value < 0 ? Integer(-value) : value) + 1; }

bool IsSmall(const Rational& value) {
  return Bits(Integer(numerator(value))) <= kMaxBits && Bits(Integer(denominator(value))) <= kMaxBits;
}

const Real& Largest() {
  static const Real largest = pow(Real(10), kMaxInexactExponent);
  return largest;
}

std::string KeyOf(const Rational& value) {
  const Integer below(denominator(value));
  const std::string above = Integer(numerator(value)).str();
  return below == 1 ? above : above + "/" + below.str();
}

// The fraction of small terms that `value` is but for rounding, by its continued fraction.
std::optional<Rational> NearFraction(const Real& value) {
  constexpr int64_t kMaxDenominator = 1'000'000;
  if (abs(value) > Real(1e12)) return std::nullopt;
  const Real close("1e-40");
  Integer p0 = 0, q0 = 1, p1 = 1, q1 = 0;
  Real rest = value;
  for (int i = 0; i < 40; ++i) {
    const Real whole = floor(rest);
    const auto a = whole.convert_to<Integer>();
    p0 = std::exchange(p1, a * p1 + p0);
    q0 = std::exchange(q1, a * q1 + q0);
    if (q1 > kMaxDenominator) return std::nullopt;
    if (abs(value - Real(p1) / Real(q1)) < close) return Rational(p1, q1);
    if (rest == whole) return std::nullopt;
    rest = 1 / (rest - whole);
  }
  return std::nullopt;
}

// The degree-th root of value >= 0 if it is an integer. Newton from above.
std::optional<Integer> ExactRoot(const Integer& value, unsigned degree) {
  if (value < 2) return value;
  Integer root = Integer(1) << (Bits(value) / degree + 1);
  for (;;) {
    const Integer next = ((degree - 1) * root + value / pow(root, degree - 1)) / degree;
    if (next >= root) break;
    root = next;
  }
  if (pow(root, degree) != value) return std::nullopt;
  return root;
}

Number PowerInt(const Rational& base, int exponent) {
  const auto n = static_cast<unsigned>(std::abs(exponent));
  if (base == 0) return exponent > 0 ? Number(Rational(0)) : Number();
  const Integer above(numerator(base)), below(denominator(base));
  if (static_cast<uint64_t>(std::max(Bits(above), Bits(below))) * n > kMaxBits) {
    return {pow(Real(base), exponent)};
  }
  const Rational power(pow(above, n), pow(below, n));
  return {exponent < 0 ? Rational(1) / power : power};
}

using RealFunction = Real (*)(const Real&);
struct NamedFunction {
  std::string_view name;
  RealFunction apply;
  bool periodic = false;
};
constexpr std::array<NamedFunction, 12> kFunctions = {{
    {"sin", [](const Real& x) { return Real(sin(x)); }, true},
    {"cos", [](const Real& x) { return Real(cos(x)); }, true},
    {"tan", [](const Real& x) { return Real(tan(x)); }, true},
    {"cot", [](const Real& x) { return Real(cos(x) / sin(x)); }, true},
    {"sec", [](const Real& x) { return Real(1 / cos(x)); }, true},
    {"csc", [](const Real& x) { return Real(1 / sin(x)); }, true},
    {"arcsin", [](const Real& x) { return Real(asin(x)); }},
    {"arccos", [](const Real& x) { return Real(acos(x)); }},
    {"arctan", [](const Real& x) { return Real(atan(x)); }},
    {"ln", [](const Real& x) { return Real(log(x)); }},
    {"exp", [](const Real& x) { return Real(exp(x)); }},
    {"abs", nullptr},
}};

}  // namespace

Number::Number(const Rational& value) {
  if (IsSmall(value)) {
    value_ = value;
  } else {
    *this = Number(Real(value));
  }
}
Number::Number(const Real& value) {
  if (isfinite(value) && abs(value) < Largest()) value_ = value;
}

std::optional<int> Number::AsInt(int max) const {
  const Rational* value = exact();
  if (value == nullptr || denominator(*value) != 1 || abs(*value) > max) return std::nullopt;
  return Integer(numerator(*value)).convert_to<int>();
}

Real Number::real() const {
  const Rational* value = exact();
  return value != nullptr ? Real(*value) : std::get<Real>(value_);
}

Number Number::operator+(const Number& other) const {
  if (!defined() || !other.defined()) return {};
  if (exact() && other.exact()) return {Rational(*exact() + *other.exact())};
  return {Real(real() + other.real())};
}
Number Number::operator-(const Number& other) const {
  if (!defined() || !other.defined()) return {};
  if (exact() && other.exact()) return {Rational(*exact() - *other.exact())};
  return {Real(real() - other.real())};
}
Number Number::operator*(const Number& other) const {
  if (!defined() || !other.defined()) return {};
  if (exact() && other.exact()) return {Rational(*exact() * *other.exact())};
  return {Real(real() * other.real())};
}
Number Number::operator/(const Number& other) const {
  if (!defined() || !other.defined()) return {};
  if (exact() && other.exact()) return *other.exact() == 0 ? Number() : Number(Rational(*exact() / *other.exact()));
  // What is zero but for rounding is no divisor either.
  if (abs(other.real()) < Real("1e-40")) return {};
  return {Real(real() / other.real())};
}

std::string Number::Key() const {
  if (!defined()) return "?";
  if (exact()) return KeyOf(*exact());
  const Real value = real();
  if (const auto fraction = NearFraction(value)) return KeyOf(*fraction);
  return "~" + value.str(kKeyDigits, std::ios_base::scientific);
}

Number ParseDecimal(std::string_view whole, std::string_view fraction, int exponent) {
  if (whole.size() + fraction.size() > size_t{kMaxDecimalExponent} || std::abs(exponent) > kMaxDecimalExponent)
    return {};
  std::string digits = std::string(whole) + std::string(fraction);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));  // or the text would be read as octal
  const Integer value(digits.empty() ? "0" : digits);
  const int scale = exponent - static_cast<int>(fraction.size());
  const Integer power = pow(Integer(10), static_cast<unsigned>(std::abs(scale)));
  return {scale < 0 ? Rational(value, power) : Rational(value * power)};
}

Number Power(const Number& base, const Number& exponent) {
  if (!base.defined() || !exponent.defined()) return {};
  if (const auto n = exponent.AsInt(100'000)) {
    if (base.exact()) return PowerInt(*base.exact(), *n);
    if (abs(base.real()) < Real("1e-40")) return {};
    return {Real(pow(base.real(), *n))};
  }
  const Real x = base.real();
  if (base.exact() && exponent.exact() && x > 0) {  // 8^(2/3)
    const Integer degree(denominator(*exponent.exact()));
    const Number root = degree <= 64 ? Root(base, degree.convert_to<int>()) : Number();
    const auto n = Number(Rational(numerator(*exponent.exact()))).AsInt(100'000);
    if (root.exact() && n) return PowerInt(*root.exact(), *n);
  }
  const Real y = exponent.real();
  if (x < 0) return {};
  if (x == 0) return y > 0 ? Number(Rational(0)) : Number();
  if (abs(y * log(x)) > Real(2.4 * kMaxInexactExponent)) return {};
  return {Real(pow(x, y))};
}

Number Root(const Number& value, int degree) {
  if (!value.defined() || degree < 1 || degree > 64) return {};
  const bool negative = value.real() < 0;
  if (negative && degree % 2 == 0) return {};
  if (negative) return Number(Rational(0)) - Root(Number(Rational(0)) - value, degree);
  if (value.exact()) {
    const auto above = ExactRoot(Integer(numerator(*value.exact())), static_cast<unsigned>(degree));
    const auto below = ExactRoot(Integer(denominator(*value.exact())), static_cast<unsigned>(degree));
    if (above && below) return {Rational(*above, *below)};
  }
  if (value.real() == 0) return {Rational(0)};
  return {degree == 2 ? Real(sqrt(value.real())) : Real(pow(value.real(), Real(1) / degree))};
}

Number Factorial(const Number& value) {
  const auto n = value.AsInt(200);
  if (!n || *n < 0) return {};
  Integer product = 1;
  for (int i = 2; i <= *n; ++i) product *= i;
  return {Rational(product)};
}

Number Binomial(const Number& n, const Number& k) {
  const auto above = n.AsInt(500), below = k.AsInt(500);
  if (!above || !below || *above < 0 || *below < 0) return {};
  if (*below > *above) return {Rational(0)};
  Integer product = 1;
  for (int i = 1; i <= *below; ++i) product = product * (*above - *below + i) / i;
  return {Rational(product)};
}

Number Pi() { return {boost::math::constants::pi<Real>()}; }
Number EulersNumber() { return {boost::math::constants::e<Real>()}; }

bool IsFunction(std::string_view name) {
  return std::ranges::find(kFunctions, name, &NamedFunction::name) != kFunctions.end();
}

Number Apply(std::string_view function, const Number& value) {
  if (!value.defined()) return {};
  if (function == "abs") return value.real() < 0 ? Number(Rational(0)) - value : value;
  const auto found = std::ranges::find(kFunctions, function, &NamedFunction::name);
  const Real x = value.real();
  if (found->periodic && abs(x) > Real(1e9)) return {};  // no digits would be left
  if (function == "ln" && x <= 0) return {};
  if (function == "exp" && abs(x) > Real(2.3 * kMaxInexactExponent)) return {};
  if (function.starts_with("arc") && function != "arctan" && abs(x) > 1) return {};
  const Real result = found->apply(x);
  if (!isfinite(result) || (found->periodic && abs(result) > Real(1e30))) return {};  // a pole, but for rounding
  return {result};
}

}  // namespace retort
