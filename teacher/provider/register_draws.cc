#include "teacher/provider/register_draws.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "teacher/provider/latin_hypercube.h"

namespace retort {
namespace {

constexpr double kLow = 0.05, kHigh = 0.95;  // method: the middle 90 % of draws

double Quantile(const std::vector<double>& rising, double p) {
  return rising[static_cast<size_t>(std::lround(p * static_cast<double>(rising.size() - 1)))];
}

}  // namespace

std::vector<std::vector<double>> DrawEntries(const std::vector<RegisterEntry>& entries, int draws, uint64_t seed) {
  std::vector<std::vector<double>> values;
  values.reserve(entries.size());
  for (const RegisterEntry& entry : entries) {
    const bool stands = entry.name == "needle.attempts_per_sample" || entry.name == "needle.accepted_share";
    values.push_back(stands ? std::vector<double>(static_cast<size_t>(draws), entry.entry->value)
                            : LatinDraws(*entry.entry, entry.name, draws, seed));
  }
  return values;
}

void SetEntries(const std::vector<RegisterEntry>& entries, const std::vector<std::vector<double>>& drawn, size_t draw) {
  for (size_t e = 0; e < entries.size(); ++e) entries[e].entry->value = drawn[e][draw];
}

Interval MiddleOf(std::vector<double> draws, double registered) {
  if (draws.empty()) return {registered, registered, registered};
  std::ranges::sort(draws);
  return {registered, Quantile(draws, kLow), Quantile(draws, kHigh)};
}

double Added(double with, double without) {
  if (std::isinf(with)) return std::isinf(without) ? 0 : std::numeric_limits<double>::infinity();
  return std::isinf(without) ? 0 : with - without;
}

}  // namespace retort
