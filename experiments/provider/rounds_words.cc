#include "experiments/provider/rounds_words.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/report/format.h"

namespace retort::provider {
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
