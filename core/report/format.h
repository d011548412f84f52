// How numbers look in tables, pages and sentences. What is not finite prints as a dash, never as "nan".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/stats/crossing.h"

namespace retort {

inline constexpr std::string_view kDash = "–";

std::string Fixed(double value, int decimals);  // "0.62", "–"
std::string Fixed(const std::optional<double>& value, int decimals);
std::string WithInterval(const Interval& value, int decimals);  // "0.62 [0.48, 0.75]"
std::string Percent(double share);                              // "62 %"
std::string PercentInterval(const Interval& share);             // "62 % [48, 75]"
std::string Signed(const Interval& value, int decimals);        // "+0.31 [+0.25, +0.37]"
// The same where an end may be infinite: "−1.2 [−∞, −0.3]".
std::string SignedOpen(const Interval& value, int decimals);
std::string PValue(const std::optional<double>& p);  // "0.012", "< 0.001", "–"
std::string Count(double value);                     // "12 345", from ten million "1.23 × 10⁹"
std::string PowerOfTen(double value, int decimals);  // "2.1 × 10¹⁰"
std::string Measured(double value);                  // of any size: "0.032", "1.5", "12 345"
std::string Dollars(double value);                   // "$0.0012", "$0"
std::string Exact(double value);                     // shortest text that reads back; "" if not finite
std::string Exact(const std::optional<double>& value);
int ScoreDecimals(std::string_view metric);       // 2 for rates, 3 for bits per byte
std::string MetricName(std::string_view metric);  // "exact match", "bits per byte (lower is better)"

}  // namespace retort
