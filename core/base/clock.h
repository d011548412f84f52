// Wall-clock time for manifests, progress lines, logs and quotas. Never an input to a number that a table shows.
#pragma once

#include <cstdint>
#include <string>

namespace retort {

inline constexpr int64_t kMillisecondsADay = 86'400'000;

double MonotonicSeconds();
int64_t UtcMilliseconds();  // since 1970
std::string UtcTime();      // "2026-01-31T12:34:56Z"
std::string LocalDate();    // "2026-01-31"
std::string LocalTime();    // "12-34-56"

}  // namespace retort
