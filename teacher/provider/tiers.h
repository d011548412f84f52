// How far an account's owner was identified, from nobody to a business: what limits are set by.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

inline constexpr std::array<std::string_view, 5> kTiers = {"anonymous", "email", "phone", "document", "business"};
inline constexpr std::string_view kTiersHelp =
    "one number for all, or one each for who is not known, email, phone, "
    "document, business; -1: no limit";

// Place of `tier` in kTiers; an empty name is nobody known. nullopt: there is no such tier.
std::optional<size_t> TierIndex(std::string_view tier);

// A limit by tier: none given, one for all, or one each; below 0: no limit.
class TierLimits {
 public:
  // Throws Error that names `option` for another number of values.
  TierLimits(std::string_view option, const std::vector<double>& values);
  std::optional<double> Of(std::string_view tier) const;  // nullopt: no limit
  bool any() const;

 private:
  std::array<double, kTiers.size()> values_{};
};

}  // namespace retort
