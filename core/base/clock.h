// Wall-clock time for manifests and progress lines. Never an input to a number that a table shows.
#pragma once

#include <string>

namespace retort {

double MonotonicSeconds();
std::string UtcTime();    // "2026-01-31T12:34:56Z"
std::string LocalDate();  // "2026-01-31"
std::string LocalTime();  // "12-34-56"

}  // namespace retort
