#include "teacher/provider/latin_hypercube.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/random.h"

namespace retort {
namespace {

constexpr double kWideRange = 10;  // method: ends so many times apart are drawn by their logarithm

}  // namespace

double TriangularQuantile(double low, double mode, double high, double p) {
  if (!(high > low)) return low;
  const double below = (mode - low) / (high - low);
  if (p < below) return low + std::sqrt(p * (high - low) * (mode - low));
  return high - std::sqrt((1 - p) * (high - low) * (high - mode));
}

double EntryQuantile(const Assumption& entry, double p) {
  if (!(entry.high > entry.low)) return entry.value;
  return RangeQuantile(entry.low, entry.value, entry.high, p);
}

double RangeQuantile(double low, double mode, double high, double p) {
  if (low > 0 && high > kWideRange * low) {
    const double at = TriangularQuantile(std::log(low), std::log(mode), std::log(high), p);
    return std::clamp(std::exp(at), low, high);
  }
  return TriangularQuantile(low, mode, high, p);
}

std::vector<double> LatinDraws(const Assumption& entry, const std::string& name, int draws, uint64_t seed) {
  RandomStream random(seed, "latin hypercube " + name);
  std::vector<int> slices(static_cast<size_t>(draws));
  std::iota(slices.begin(), slices.end(), 0);
  random.Shuffle(slices);
  std::vector<double> values;
  values.reserve(slices.size());
  for (const int slice : slices) values.push_back(EntryQuantile(entry, (slice + random.Uniform()) / draws));
  return values;
}

}  // namespace retort
