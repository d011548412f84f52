#include "teacher/provider/tiers.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace retort {

std::optional<size_t> TierIndex(std::string_view tier) {
  if (tier.empty()) return 0;
  const auto found = std::ranges::find(kTiers, tier);
  if (found == kTiers.end()) return std::nullopt;
  return static_cast<size_t>(found - kTiers.begin());
}

TierLimits::TierLimits(std::string_view option, const std::vector<double>& values) {
  if (values.size() > 1 && values.size() != kTiers.size()) {
    throw Error(
        {.place = std::string(option)}, fmt::format("has {} values", values.size()),
        fmt::format("give one for all, or {}: for who is not known, email, phone, document, business", kTiers.size()));
  }
  values_.fill(values.empty() ? -1 : values.front());
  if (values.size() == kTiers.size()) std::ranges::copy(values, values_.begin());
}

std::optional<double> TierLimits::Of(std::string_view tier) const {
  const double value = values_[TierIndex(tier).value_or(0)];
  return value < 0 ? std::nullopt : std::optional(value);
}

bool TierLimits::any() const {
  return std::ranges::any_of(values_, [](double value) { return value >= 0; });
}

}  // namespace retort
