#include "core/base/clock.h"

#include <array>
#include <chrono>
#include <ctime>

namespace retort {
namespace {

std::string Format(const char* format, bool utc) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  utc ? gmtime_r(&now, &parts) : localtime_r(&now, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

}  // namespace

double MonotonicSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
int64_t UtcMilliseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}
std::string UtcTime() { return Format("%Y-%m-%dT%H:%M:%SZ", true); }
std::string LocalDate() { return Format("%Y-%m-%d", false); }
std::string LocalTime() { return Format("%H-%M-%S", false); }

}  // namespace retort
