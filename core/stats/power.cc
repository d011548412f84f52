#include "core/stats/power.h"

#include <cmath>
#include <limits>

#include "core/stats/interval.h"

namespace retort {

double SmallestEffect(int seeds, double deviation, double alpha, double power) {
  if (seeds < 2) return std::numeric_limits<double>::infinity();
  const double freedom = seeds - 1;
  return (StudentQuantile(1 - alpha / 2, freedom) + StudentQuantile(power, freedom)) * deviation / std::sqrt(seeds);
}

}  // namespace retort
