#include "core/stats/interval.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
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

double ChiSquareMedianShare(double degrees_of_freedom) {
  return boost::math::median(boost::math::chi_squared(degrees_of_freedom)) / degrees_of_freedom;
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

double StretchEnd(double share, double end, double half_width, double exponent) {
  if (!(half_width > 0 && half_width <= 0.5 && exponent > 0 && end > 0 && end < 1) || end == share) return end;
  if (end > share) {
    const double mirrored = StretchEnd(1 - share, 1 - end, half_width, exponent);
    return std::max(end, 1 - mirrored);
  }
  const double held = std::clamp(share, half_width, 1 - half_width);
  const double power = exponent / 2, scale = (share - end) / std::pow(held * (1 - held), power);
  // The root of (share - p) - scale · (p (1 - p))^power in (0, end], by Newton's steps held inside a shrinking bracket.
  double low = 0, high = end, p = end;
  for (int step = 0; step < 60; ++step) {
    const double variance = p * (1 - p), bent = scale * std::pow(variance, power), value = share - p - bent;
    if (step == 0 && value >= 0) return end;
    (value > 0 ? low : high) = p;
    const double slope = -1 - power * bent * (1 - 2 * p) / variance;
    double next = p - value / slope;
    if (!(next > low && next < high)) next = (low + high) / 2;
    const bool done = std::abs(next - p) <= 1e-12;
    p = next;
    if (done) break;
  }
  return p;
}

}  // namespace retort
