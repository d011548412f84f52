#include "core/report/amounts.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "core/report/format.h"

namespace retort {
namespace {

constexpr double kMillion = 1e6, kBillion = 1e9;
constexpr double kLeastDays = 0.01, kLeastDollars = 0.01;  // that are told apart from none

std::string Big(double value) {
  if (value >= kBillion) return fmt::format("{:.3g} billion", value / kBillion);
  if (value >= kMillion) return fmt::format("{:.3g} million", value / kMillion);
  return Count(std::round(value));
}

std::string Between(const Interval& of, const std::function<std::string(double)>& words) {
  std::string text = words(of.estimate);
  const std::string low = words(of.low), high = words(of.high);
  if (low != high || low != text) text += fmt::format(" [{}, {}]", low, high);
  return text;
}

std::string WithSign(double value, double least, const std::string& text) {
  return std::abs(value) < least ? text : (value < 0 ? "−" : "+") + text;
}

}  // namespace

std::string Days(double days) {
  if (!std::isfinite(days)) return std::string(kNotCompleted);
  if (days < kLeastDays) return days > 0 ? "< 0.01" : "0";
  return days < 10 ? fmt::format("{:.2g}", days) : Count(std::round(days));
}

std::string Money(double dollars) {
  if (!std::isfinite(dollars)) return std::string(kNotCompleted);
  if (dollars == 0) return "$0";
  if (dollars >= 100) return "$" + Big(dollars);
  return fmt::format("${:.2f}", dollars);
}

std::string People(double people) { return Big(people); }

std::string DaysBetween(const Interval& days) { return Between(days, Days); }
std::string MoneyBetween(const Interval& dollars) { return Between(dollars, Money); }
std::string PeopleBetween(const Interval& people) { return Between(people, People); }

std::string AddedDays(const Interval& days) {
  return Between(days, [](double d) {
    return std::isfinite(d) ? WithSign(d, kLeastDays, std::abs(d) < kLeastDays ? "0" : Days(std::abs(d))) : Days(d);
  });
}
std::string AddedMoney(const Interval& dollars) {
  return Between(dollars, [](double d) {
    return std::isfinite(d) ? WithSign(d, kLeastDollars, Money(std::abs(d) < kLeastDollars ? 0 : std::abs(d)))
                            : Money(d);
  });
}

}  // namespace retort
