#include "experiments/provider/rounds_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "core/report/format.h"

namespace retort::provider {
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

std::string Signed(double value, double least, const std::string& text) {
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
    return std::isfinite(d) ? Signed(d, kLeastDays, std::abs(d) < kLeastDays ? "0" : Days(std::abs(d))) : Days(d);
  });
}
std::string AddedMoney(const Interval& dollars) {
  return Between(dollars, [](double d) {
    return std::isfinite(d) ? Signed(d, kLeastDollars, Money(std::abs(d) < kLeastDollars ? 0 : std::abs(d))) : Money(d);
  });
}

std::string AmongWords(Among among) {
  switch (among) {
    case Among::kPaid:
      return "the routes through this provider that the distiller pays for";
    case Among::kHere:
      return "all routes through this provider, keys of others included";
    default:
      return "all routes, other teachers included";
  }
}

std::string HowUsed(const Response& response) {
  const Offer& offer = response.offer;
  std::string text(kRoutes[offer.route].name);
  if (offer.route == kOwn || offer.route == kStrawBuyer) {
    text += fmt::format(" ({}, {} a day)", kTierNames[offer.tier], Count(offer.daily));
  }
  return text;
}

std::string AddressOrder(const Response& response) {
  if (response.address_classes.empty()) return std::string(kDash);
  std::string text;
  for (const size_t c : response.address_classes) {
    text += (text.empty() ? "" : ", then ") + std::string(kAddressNames[c]);
  }
  return text;
}

double Measure(double days) { return std::isfinite(days) ? days : 1e300; }

TableCell Sorted(std::string text, double by) { return {std::move(text), "", Measure(by)}; }

}  // namespace retort::provider
