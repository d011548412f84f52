// What equal expressions share is made of their values.
#include "core/data/math_expression.h"

#include <algorithm>
#include <functional>

#include "core/base/hash.h"
#include "core/data/math_parser.h"

namespace retort {
namespace {

constexpr int kEnoughPoints = 3;  // at which an expression must have a value

int Defined(const Values& values) {
  return static_cast<int>(std::ranges::count_if(values, [](const Number& x) { return x.defined(); }));
}

std::string Join(const Values& values) {
  std::string keys;
  for (const Number& value : values) keys += value.Key() + " ";
  return Sha256Hex(keys).substr(0, 32);
}

}  // namespace

std::optional<MathValue> EvaluateMath(std::string_view text) {
  const std::optional<Values> values = ParseMath(text);
  if (!values || Defined(*values) < (values->size() == 1 ? 1 : kEnoughPoints)) return std::nullopt;
  const std::string first = values->front().Key();
  if (std::ranges::all_of(*values, [&](const Number& x) { return x.Key() == first; })) return MathValue{.key = first};
  return MathValue{.key = "f:" + Join(*values), .has_variables = true};
}

std::optional<std::string> EquationKey(std::string_view left, std::string_view right) {
  const auto a = ParseMath(left), b = ParseMath(right);
  if (!a || !b) return std::nullopt;
  const Values difference = Combine(*a, *b, std::minus<>());
  if (Defined(difference) < kEnoughPoints) return std::nullopt;
  const auto scale = std::ranges::find_if(difference, [](const Number& x) { return x.defined() && x.Key() != "0"; });
  if (scale == difference.end()) return "0=0";
  return "e:" + Join(Combine(difference, {*scale}, std::divides<>()));
}

}  // namespace retort
