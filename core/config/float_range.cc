// Hydra steps in Python's decimal, 28 digits, halves to even: so do we, since which doubles come out, and whether the
// last one is still below the stop, hangs on it. Digits in strings: slow, and short.
#include "core/config/float_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace retort {
namespace {

constexpr size_t kDigits = 28;

// digits * 10^exponent, without a sign; no leading zeros, "" is 0.
struct Magnitude {
  std::string digits;
  int exponent = 0;
};
struct Decimal {
  bool negative = false;
  Magnitude size;
};

void Strip(Magnitude& m) {
  m.digits.erase(0, std::min(m.digits.find_first_not_of('0'), m.digits.size()));
  while (!m.digits.empty() && m.digits.back() == '0') {
    m.digits.pop_back();
    ++m.exponent;
  }
  if (m.digits.empty()) m.exponent = 0;
}

Decimal Exactly(const Number& number) {
  Decimal decimal;
  std::string text;
  if (const int64_t* integer = std::get_if<int64_t>(&number)) {
    text = fmt::format("{}", *integer);
  } else {
    constexpr int kEnough = 1080;  // every double ends before
    std::array<char, 1400> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::get<double>(number),
                                   std::chars_format::fixed, kEnough);
    text.assign(buffer.data(), end.ptr);
    decimal.size.exponent = -kEnough;
    text.erase(text.find('.'), 1);
  }
  decimal.negative = text.starts_with('-');
  decimal.size.digits = text.substr(decimal.negative ? 1 : 0);
  Strip(decimal.size);
  return decimal;
}

// Both with the smaller exponent and the same number of digits.
void Align(Magnitude& a, Magnitude& b) {
  const int exponent = std::min(a.exponent, b.exponent);
  for (Magnitude* m : {&a, &b}) {
    m->digits.append(static_cast<size_t>(m->exponent - exponent), '0');
    m->exponent = exponent;
  }
  const size_t length = std::max(a.digits.size(), b.digits.size());
  for (Magnitude* m : {&a, &b}) m->digits.insert(0, length - m->digits.size(), '0');
}

void Round(Magnitude& m) {
  if (m.digits.size() <= kDigits) return;
  const std::string rest = m.digits.substr(kDigits);
  m.exponent += static_cast<int>(rest.size());
  m.digits.resize(kDigits);
  const bool half = rest[0] == '5' && rest.find_first_not_of('0', 1) == std::string::npos;
  if (rest[0] < '5' || (half && (m.digits.back() - '0') % 2 == 0)) return;
  size_t i = kDigits;
  while (i > 0 && m.digits[i - 1] == '9') m.digits[--i] = '0';
  if (i > 0) {
    ++m.digits[i - 1];
  } else {
    m.digits.insert(0, 1, '1');
  }
}

Decimal Sum(Decimal a, Decimal b) {
  Align(a.size, b.size);
  if (a.size.digits < b.size.digits) std::swap(a, b);
  Decimal sum{.negative = a.negative, .size = {std::string(a.size.digits.size() + 1, '0'), a.size.exponent}};
  int carry = 0;
  for (size_t i = a.size.digits.size(); i > 0; --i) {
    const int other = b.size.digits[i - 1] - '0';
    int digit = a.size.digits[i - 1] - '0' + carry + (a.negative == b.negative ? other : -other);
    carry = digit < 0 ? -1 : digit / 10;
    digit = (digit + 10) % 10;
    sum.size.digits[i] = static_cast<char>('0' + digit);
  }
  sum.size.digits[0] = static_cast<char>('0' + carry);
  Strip(sum.size);
  Round(sum.size);
  Strip(sum.size);
  return sum;
}

bool Below(const Decimal& a, const Decimal& b) {
  const bool a_negative = a.negative && !a.size.digits.empty(), b_negative = b.negative && !b.size.digits.empty();
  if (a_negative != b_negative) return a_negative;
  Magnitude x = a.size, y = b.size;
  Align(x, y);
  return a_negative ? y.digits < x.digits : x.digits < y.digits;
}

double ToDouble(const Decimal& decimal) {
  const std::string text = fmt::format("{}{}e{}", decimal.negative ? "-" : "",
                                       decimal.size.digits.empty() ? "0" : decimal.size.digits, decimal.size.exponent);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::vector<double> FloatRange(const Number& start, const Number& stop, const Number& step, size_t most) {
  std::vector<double> values;
  const Decimal end = Exactly(stop), width = Exactly(step);
  for (Decimal at = Exactly(start); values.size() <= most; at = Sum(at, width)) {
    if (width.negative ? !Below(end, at) : !Below(at, end)) break;
    values.push_back(ToDouble(at));
  }
  return values;
}

}  // namespace retort
