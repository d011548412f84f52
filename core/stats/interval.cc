#include "core/stats/interval.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <limits>

namespace retort {

double NormalQuantile(double p) { return boost::math::quantile(boost::math::normal(), p); }

double StudentQuantile(double p, double degrees_of_freedom) {
  if (degrees_of_freedom <= 0) {
    return p == 0.5 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), p - 0.5);
  }
  return boost::math::quantile(boost::math::students_t(degrees_of_freedom), p);
}

double StudentTail(double t, double degrees_of_freedom) {
  assert(degrees_of_freedom > 0 && !std::isnan(t));
  if (std::isinf(t)) return 0;
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(degrees_of_freedom), std::abs(t)));
}

Interval Wilson(double successes, double trials, double level) {
  assert(trials > 0);
  const double rate = successes / trials;
  const double z2 = std::pow(NormalQuantile(0.5 + level / 2), 2);
  const double centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials);
  const double spread = std::max(0.0, rate * (1 - rate) / trials + z2 / (4 * trials * trials));
  const double half = std::sqrt(z2 * spread) / (1 + z2 / trials);
  return {rate, std::clamp(centre - half, 0.0, rate), std::clamp(centre + half, rate, 1.0)};
}

double StretchEnd(double share, double end, double half_width) {
  if (!(half_width > 0 && half_width <= 0.5)) return end;
  const double held = std::clamp(share, half_width, 1 - half_width);
  const double k = (share - end) * (share - end) / (held * (1 - held));
  const double discriminant = k * (k + 4 * share * (1 - share));
  if (!(discriminant > 0)) return end;
  const double centre = (2 * share + k) / (2 * (1 + k)), half = std::sqrt(discriminant) / (2 * (1 + k));
  return end < share ? std::min(end, centre - half) : std::max(end, centre + half);
}

}  // namespace retort
