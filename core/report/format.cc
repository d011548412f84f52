#include "core/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace retort {

std::string Fixed(double value, int decimals) {
  if (!std::isfinite(value)) return std::string(kDash);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  const bool zero = text.find_first_of("123456789") == std::string::npos;
  if (text[0] != '-') return text;
  return (zero ? "" : "−") + text.substr(1);  // no "-0.00"
}

std::string Fixed(const std::optional<double>& value, int decimals) {
  return value ? Fixed(*value, decimals) : std::string(kDash);
}

std::string WithInterval(const Interval& value, int decimals) {
  if (!std::isfinite(value.low) || !std::isfinite(value.high)) return Fixed(value.estimate, decimals);
  return fmt::format("{} [{}, {}]", Fixed(value.estimate, decimals), Fixed(value.low, decimals),
                     Fixed(value.high, decimals));
}

std::string Percent(double share) { return std::isfinite(share) ? Fixed(100 * share, 0) + " %" : std::string(kDash); }

std::string PercentInterval(const Interval& share) {
  if (!std::isfinite(share.low) || !std::isfinite(share.high)) return Percent(share.estimate);
  return fmt::format("{} [{}, {}]", Percent(share.estimate), Fixed(100 * share.low, 0), Fixed(100 * share.high, 0));
}

std::string Signed(const Interval& value, int decimals) {
  const auto one = [&](double v) { return (std::isfinite(v) && v > 0 ? "+" : "") + Fixed(v, decimals); };
  if (!std::isfinite(value.low) || !std::isfinite(value.high)) return one(value.estimate);
  return fmt::format("{} [{}, {}]", one(value.estimate), one(value.low), one(value.high));
}

std::string SignedOpen(const Interval& value, int decimals) {
  const auto one = [&](double v) -> std::string {
    if (std::isinf(v)) return v > 0 ? "+∞" : "−∞";
    return (std::isfinite(v) && v > 0 ? "+" : "") + Fixed(v, decimals);
  };
  return fmt::format("{} [{}, {}]", one(value.estimate), one(value.low), one(value.high));
}

std::string PValue(const std::optional<double>& p) {
  if (!p || !std::isfinite(*p)) return std::string(kDash);
  if (*p < 0.001) return "< 0.001";
  return fmt::format("{:.{}f}", *p, *p < 0.1 ? 3 : 2);
}

std::string Count(double value) {
  if (!std::isfinite(value)) return std::string(kDash);
  if (std::abs(value) >= 1e7) return PowerOfTen(value, 2);
  std::string digits = fmt::format("{:.0f}", value);
  for (int i = static_cast<int>(digits.size()) - 3; i > (digits[0] == '-' ? 1 : 0); i -= 3) {
    digits.insert(static_cast<size_t>(i), "\u202F");  // narrow no-break space
  }
  return digits;
}

std::string PowerOfTen(double value, int decimals) {
  static constexpr std::array<std::string_view, 10> kRaised = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  if (!std::isfinite(value)) return std::string(kDash);
  if (value == 0) return "0";
  const std::string text = fmt::format("{:.{}e}", value, decimals);  // "2.1e+10"
  const size_t e = text.find('e');
  std::string power = text[e + 1] == '-' ? "⁻" : "";
  for (const char c : std::to_string(std::abs(std::stoi(text.substr(e + 1)))))
    power += kRaised[static_cast<size_t>(c - '0')];
  return (text[0] == '-' ? "−" + text.substr(1, e - 1) : text.substr(0, e)) + "\u00A0×\u00A010" + power;
}

std::string Measured(double value) {
  if (!std::isfinite(value)) return std::string(kDash);
  const double size = std::abs(value);
  if (size >= 1000) return Count(value);
  if (value == std::round(value)) return Fixed(value, 0);
  return size >= 100 ? Fixed(value, 1) : size >= 0.01 ? Fixed(value, size < 1 ? 3 : 2) : fmt::format("{:.2g}", value);
}

std::string Dollars(double value) {
  if (!std::isfinite(value)) return std::string(kDash);
  if (value == 0) return "$0";
  return value >= 1 ? fmt::format("${:.2f}", value) : fmt::format("${:.2g}", value);
}

std::string Exact(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string Exact(const std::optional<double>& value) { return value ? Exact(*value) : ""; }

int ScoreDecimals(std::string_view metric) { return metric == "bits_per_byte" ? 3 : 2; }

std::string MetricName(std::string_view metric) {
  if (metric == "bits_per_byte") return "bits per byte (lower is better)";
  std::string name(metric);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace retort
