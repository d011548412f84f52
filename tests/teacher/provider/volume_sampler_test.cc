// The sampler against Boost.Math's negative binomial, and its other two shapes against plain simulation.
#include "teacher/provider/volume_sampler.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/negative_binomial.hpp>
#include <cmath>

#include "core/base/random.h"
#include "teacher/provider/counter_random.h"

namespace retort {
namespace {

constexpr double kTwo64 = 0x1p64;

TEST(VolumeSampler, IsTheInverseOfTheNegativeBinomial) {
  const VolumeSampler sampler({.rate = "gamma", .mean = 110, .shape = 0.5});
  const boost::math::negative_binomial expected(0.5, 0.5 / 110.5);
  for (const int k : {0, 1, 2, 10, 49, 50, 51, 110, 500, 1000, 1840, 3000, 4500}) {
    const double above = boost::math::cdf(boost::math::complement(expected, k));
    EXPECT_NEAR(sampler.Survival(k) / above, 1, 1e-12) << k;
    // Of all uniform numbers, those below P(X > k) give more than k, to 10^-12 of it and two units.
    EXPECT_GT(sampler(static_cast<uint64_t>(above * (1 - 1e-12) * kTwo64 - 2)), k);
    EXPECT_LE(sampler(static_cast<uint64_t>(above * (1 + 1e-12) * kTwo64 + 2)), k);
  }
  EXPECT_EQ(sampler(~uint64_t{0}), 0);
  EXPECT_EQ(sampler.Quantile(0.5), 50);
  EXPECT_LT(sampler(0), 20'000) << "the thinnest end is a number, too";
}

// 4 · 10^6 draws in 60 cells: chi-square with 59 degrees of freedom stays below 114 but for one chance in 2 · 10^5, and
// the seed is fixed.
TEST(VolumeSampler, DrawsFollowTheNegativeBinomial) {
  const VolumeSampler sampler({.rate = "gamma", .mean = 110, .shape = 0.5});
  const boost::math::negative_binomial expected(0.5, 0.5 / 110.5);
  constexpr int kCells = 60, kDraws = 4'000'000;
  std::vector<double> edges;  // last count of each cell
  for (int i = 1; i < kCells; ++i) edges.push_back(std::floor(std::pow(i, 1.8)));
  std::vector<int64_t> counts(kCells);
  CounterStreams streams(3, "draws");
  for (int i = 0; i < kDraws; ++i) {
    const auto count = static_cast<double>(sampler(streams.Key(static_cast<uint64_t>(i))));
    ++counts[static_cast<size_t>(std::lower_bound(edges.begin(), edges.end(), count) - edges.begin())];
  }
  double chi_square = 0, before = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double until = i < edges.size() ? boost::math::cdf(expected, edges[i]) : 1;
    const double wanted = kDraws * (until - before);
    chi_square += (static_cast<double>(counts[i]) - wanted) * (static_cast<double>(counts[i]) - wanted) / wanted;
    before = until;
  }
  EXPECT_LT(chi_square, 114);
}

// P(X > k) by its definition, a mean over rates and Poisson counts, at three standard errors of 100 000 draws.
TEST(VolumeSampler, LognormalAndParetoAgreeWithTheirDefinition) {
  const double least = 110 * 0.8 / 1.8, sigma = 1.6, mu = std::log(110) - sigma * sigma / 2;
  for (const bool pareto : {false, true}) {
    const VolumeSampler sampler({.rate = pareto ? "pareto" : "lognormal", .mean = 110, .shape = pareto ? 1.8 : sigma});
    RandomStream random(11, "rates");
    constexpr int kDraws = 100'000;
    std::vector<double> above(4);
    const std::vector<double> at = {60, 90, 110, 1000};
    for (int i = 0; i < kDraws; ++i) {
      const double rate =
          pareto ? least * std::pow(1 - random.Uniform(), -1 / 1.8) : std::exp(mu + sigma * random.Normal());
      // Large rates: the normal limit of the Poisson law, whose error is below the noise here.
      double count = 0;
      if (rate > 500) {
        count = rate + std::sqrt(rate) * random.Normal();
      } else {
        for (double left = rate;; ++count) {
          left += std::log(1 - random.Uniform());
          if (left < 0) break;
        }
      }
      for (size_t j = 0; j < at.size(); ++j) above[j] += count > at[j];
    }
    for (size_t j = 0; j < at.size(); ++j) {
      const double share = above[j] / kDraws, error = std::sqrt(share * (1 - share) / kDraws);
      EXPECT_NEAR(sampler.Survival(at[j]), share, 3 * error) << pareto << " " << at[j];
    }
  }
}

TEST(VolumeSampler, TheTailBeyondTheTableIsTheRatesTail) {
  const VolumeSampler sampler({.rate = "pareto", .mean = 110, .shape = 1.8});
  const double least = 110 * 0.8 / 1.8;
  int64_t before = 0;
  for (const double survival : {1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10}) {
    const int64_t count = sampler(static_cast<uint64_t>(survival * kTwo64));
    const double wanted = least * std::pow(survival, -1 / 1.8);
    EXPECT_NEAR(static_cast<double>(count) / wanted, 1, 0.02) << survival;
    EXPECT_GT(count, before);
    before = count;
  }
}

}  // namespace
}  // namespace retort
