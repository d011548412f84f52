#include "teacher/server_limits.h"

#include <curl/curl.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string_view>

namespace retort {
namespace {

std::string Header(const std::map<std::string, std::string>& headers, const std::string& name) {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

// A number, and what follows it. nullopt: none, or none that is finite and at least 0.
std::optional<double> Number(std::string_view& text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || !std::isfinite(value) || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - copy.c_str()));
  return value;
}

// "6m0s", "1h2m3.5s", "20ms", "12" (seconds).
std::optional<double> Duration(std::string_view text) {
  double seconds = 0;
  bool any = false;
  while (!text.empty()) {
    const std::optional<double> value = Number(text);
    if (!value) return std::nullopt;
    any = true;
    if (text.empty()) return seconds + *value;
    if (text.starts_with("ms")) {
      seconds += *value / 1000;
      text.remove_prefix(2);
      continue;
    }
    const char unit = text.front();
    if (unit != 'h' && unit != 'm' && unit != 's') return std::nullopt;
    seconds += *value * (unit == 'h' ? 3600 : unit == 'm' ? 60 : 1);
    text.remove_prefix(1);
  }
  return any ? std::optional(seconds) : std::nullopt;
}

}  // namespace

double RetryAfter(const std::map<std::string, std::string>& headers) {
  const std::string milliseconds = Header(headers, "retry-after-ms"), header = Header(headers, "retry-after");
  std::string_view text = milliseconds;
  if (const std::optional<double> value = Number(text); value && text.empty()) return *value / 1000;
  text = header;
  if (const std::optional<double> value = Number(text); value && text.empty()) return *value;
  const time_t at = header.empty() ? -1 : curl_getdate(header.c_str(), nullptr);
  return at < 0 ? 0 : std::max(0.0, std::difftime(at, std::time(nullptr)));
}

double UntilMoreIsAllowed(const std::map<std::string, std::string>& headers) {
  double wait = 0;
  for (const char* what : {"requests", "tokens"}) {
    const std::string left = Header(headers, std::string("x-ratelimit-remaining-") + what);
    std::string_view text = left;
    const std::optional<double> count = Number(text);
    if (!count || !text.empty() || *count >= 1) continue;
    wait = std::max(wait, Duration(Header(headers, std::string("x-ratelimit-reset-") + what)).value_or(0));
  }
  return wait;
}

}  // namespace retort
