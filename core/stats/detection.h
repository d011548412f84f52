// How well a score tells one kind from another, without a model of either: exact rates, ranks, and whether p values are
// what they should be where there is nothing to find.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/stats/interval.h"

namespace retort {

// The exact interval of a rate (Clopper & Pearson 1934): holds the truth at least as often as it says, at the price of
// width. No trials: [0, 1].
Interval ClopperPearson(int64_t successes, int64_t trials, double level = 0.95);

// The chance that a score of `found` lies above one of `others`, ties counting half (Mann & Whitney 1947), with the
// score interval of Newcombe (2006, method 5): unlike Wald's it is none of a point where the two do not overlap.
// Neither may be empty.
Interval AreaUnderCurve(std::span<const double> found, std::span<const double> others, double level = 0.95);

// The rank of a score among those of cases where there is nothing to find: (more extreme + share * (equal + 1)) / (n +
// 1), more extreme meaning larger. share = 1: never too small a p (conformal prediction, Vovk et al. 2005); share
// uniform in [0, 1): exactly uniform if the case is like the others.
double RankPValue(std::span<const double> nulls, double score, double share = 1);

// -2 Σ ln p against χ² of 2 n degrees of freedom (Fisher 1925): one p value of independent ones. None: 1.
double FisherCombined(std::span<const double> p_values);

// P(X >= successes) of a binomial.
double BinomialTail(int64_t successes, int64_t trials, double chance);

// Kolmogorov & Smirnov's distance and its p value by the limit, with Stephens' (1970) correction for finite samples.
struct KolmogorovSmirnov {
  double distance = 0, p_value = 1;
};
KolmogorovSmirnov AgainstUniform(std::vector<double> values);  // of values that should be uniform in [0, 1]
KolmogorovSmirnov AgainstEachOther(std::vector<double> a, std::vector<double> b);  // of two samples of one distribution

}  // namespace retort
