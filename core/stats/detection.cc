#include "core/stats/detection.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <cassert>
#include <cmath>
#include <functional>

namespace retort {
namespace {

// P(D >= distance) of `size` observations, the effective number where two samples are compared.
double KolmogorovTail(double distance, double size) {
  const double root = std::sqrt(size), lambda = (root + 0.12 + 0.11 / root) * distance;
  if (lambda < 0.2) return 1;  // the series converges slowly there, and is 1 to 13 digits
  double sum = 0, sign = 1;
  for (int j = 1; j <= 100; ++j, sign = -sign) {
    const double term = std::exp(-2 * lambda * lambda * j * j);
    sum += sign * term;
    if (term < 1e-16) break;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

// Where `f`, which falls from above 0 to below it, crosses 0.
double Root(double low, double high, const std::function<double(double)>& f) {
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (f(middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

Interval ClopperPearson(int64_t successes, int64_t trials, double level) {
  assert(0 <= successes && successes <= trials);
  if (trials == 0) return {.estimate = 0, .low = 0, .high = 1};
  const double tail = (1 - level) / 2, k = static_cast<double>(successes), n = static_cast<double>(trials);
  using Beta = boost::math::beta_distribution<double>;
  return {.estimate = k / n,
          .low = successes == 0 ? 0 : boost::math::quantile(Beta(k, n - k + 1), tail),
          .high = successes == trials ? 1 : boost::math::quantile(Beta(k + 1, n - k), 1 - tail)};
}

Interval AreaUnderCurve(std::span<const double> found, std::span<const double> others, double level) {
  assert(!found.empty() && !others.empty());
  std::vector<double> sorted(others.begin(), others.end());
  std::ranges::sort(sorted);
  double wins = 0;
  for (const double score : found) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), score);
    wins += static_cast<double>(first - sorted.begin()) + static_cast<double>(last - first) / 2;
  }
  const auto m = static_cast<double>(found.size()), n = static_cast<double>(others.size());
  const double area = wins / (m * n), z = NormalQuantile((1 + level) / 2), half = (m + n) / 2 - 1;
  const auto spread = [&](double theta) {
    return z *
           std::sqrt(theta * (1 - theta) / (m * n) * (1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta))));
  };
  // area - theta falls with theta, and crosses +spread below the estimate and -spread above it.
  return {.estimate = area,
          .low = area == 0 ? 0 : Root(0, area, [&](double theta) { return area - theta - spread(theta); }),
          .high = area == 1 ? 1 : Root(area, 1, [&](double theta) { return area - theta + spread(theta); })};
}

double RankPValue(std::span<const double> nulls, double score, double share) {
  double more = 0, equal = 0;
  for (const double null : nulls) {
    more += null > score ? 1 : 0;
    equal += null == score ? 1 : 0;
  }
  return (more + share * (equal + 1)) / (static_cast<double>(nulls.size()) + 1);
}

double FisherCombined(std::span<const double> p_values) {
  if (p_values.empty()) return 1;
  double sum = 0;
  for (const double p : p_values) sum -= 2 * std::log(std::max(p, 1e-300));
  const boost::math::chi_squared_distribution<double> chi(2 * static_cast<double>(p_values.size()));
  return boost::math::cdf(boost::math::complement(chi, sum));
}

double BinomialTail(int64_t successes, int64_t trials, double chance) {
  if (successes <= 0) return 1;
  if (successes > trials) return 0;
  const boost::math::binomial_distribution<double> binomial(static_cast<double>(trials), chance);
  return boost::math::cdf(boost::math::complement(binomial, static_cast<double>(successes - 1)));
}

KolmogorovSmirnov AgainstUniform(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto rank = static_cast<double>(i);
    distance = std::max({distance, (rank + 1) / n - values[i], values[i] - rank / n});
  }
  return {.distance = distance, .p_value = KolmogorovTail(distance, n)};
}

KolmogorovSmirnov AgainstEachOther(std::vector<double> a, std::vector<double> b) {
  if (a.empty() || b.empty()) return {};
  std::ranges::sort(a);
  std::ranges::sort(b);
  const auto m = static_cast<double>(a.size()), n = static_cast<double>(b.size());
  double distance = 0;
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const double value = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= value) ++i;
    while (j < b.size() && b[j] <= value) ++j;
    distance = std::max(distance, std::abs(static_cast<double>(i) / m - static_cast<double>(j) / n));
  }
  return {.distance = distance, .p_value = KolmogorovTail(distance, m * n / (m + n))};
}

}  // namespace retort
