// Means over seeds of scores that are paired by seed and by item, with what is needed for every interval: how far seeds
// scatter, and how much of the noise of items the scatter of seeds cannot show.
//
// A seed has several columns (base, teacher, the student at each N), all on the same items. Seeds that learn the same
// target share their items; others have items of their own. With seed means m_k of K seeds (vectors over columns),
//     Var(mean) = s²_seed / K + (1 / K(K-1)) Σ_{k≠l} C_kl,        C_kl = cov_items(k, l) / M where k, l share M items,
// since E[s²_seed] loses exactly what seeds have in common. Where all seeds share their items this is the crossed
// design's
//     s²_seed/K + s²_item/M - s²_residual/(K M)
// (Brennan 2001, Generalizability Theory, p x i design); where none do, the seeds' own scatter holds all of the noise.
// An interval is value ± t_ν · SE, with Satterthwaite's (1946) degrees of freedom of a sum of two estimated variances,
//     ν = (v_seed + v_item)² / (v_seed² / (K-1) + v_item² / (M-1)):
// K-1 where items are not shared, more where the items' part, known from hundreds, is large. t_{K-1} on all of it would
// overcover by far, and so would half-widths with a t of their own each, added in quadrature (Zou & Donner 2008;
// simulated .98). But ν is meant for the true variances. With the seeds' own, a sample that scatters little by chance
// has a standard error that is too small and, beside the items, a ν that is too large: .936 for .95 with four seeds of
// normal scores, were the items' part a tenth. So in ν, and there only, v_seed is the median of what it may be, given
// its estimate: v_seed (K-1) / median of χ²_{K-1}, the median of the posterior distribution of a normal variance
// without prior knowledge (Box & Tiao 1973, section 2.3). That gives .941, and no more than .952 elsewhere; with the
// mean of that distribution instead, .953 to .962, and no ν at all for three seeds. With ONE seed there is no scatter
// to see: the interval holds for other items and this same run only (`items_only`).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/stats/interval.h"
#include "core/stats/symmetric.h"

namespace retort {

inline constexpr int kSeedsForPValue = 6;

struct SeedScores {
  std::string items;                         // seeds with the same name here were graded on the same items
  std::vector<std::vector<double>> columns;  // [column][item]
};

class PairedMeans {
 public:
  // At least one seed; every seed has the same number of columns; in a seed all columns have the same items, at least
  // one.
  explicit PairedMeans(std::span<const SeedScores> seeds);

  int seeds() const { return static_cast<int>(deviations_.size()); }
  bool items_only() const { return seeds() == 1; }
  const std::vector<double>& mean() const { return mean_; }                           // of each column
  const std::vector<std::vector<double>>& deviations() const { return deviations_; }  // seed mean - mean: (K, columns)
  const Symmetric& item_root() const { return item_root_; }  // square root of the items' part of Var(mean)

  double DegreesOfFreedom(std::span<const double> weights) const;  // ν of a contrast; 0: one seed with one item

  // How strongly the spread of a share depends on the share, for StretchEnd: .75 (1 + w), with w that part of the
  // variance which is scatter of seeds beyond the noise of items. Noise of items goes with p (1 - p), exponent 1, but
  // for that of base and teacher, which does not: 0. Shares that seeds draw from a Beta distribution have exponent 1
  // too; those of seeds that shift a logistic curve 2. So .75 and 1.5 stand in the middle; other choices over- or
  // undercover (docs/statistics.md).
  double StretchExponent(std::span<const double> weights) const;

  double Value(std::span<const double> weights) const;  // Σ weights[c] * mean[c]; 0 where only rounding differs from it
  std::vector<double> CovarianceWith(std::span<const double> weights) const;  // of each column's mean with that value

  // Value with its interval. A column's weight may be 0.
  Interval Contrast(std::span<const double> weights, double level = 0.95) const;
  Interval Mean(size_t column, double level = 0.95) const;
  // The same for a rate in [0, 1], stretched (interval.h) and never outside. Wilson's interval for the number of
  // different items with one seed, and where all seeds agree (1.00 four times is no proof of 1.00).
  Interval Rate(size_t column, double level = 0.95) const;

  // Two-sided p value of "the contrast is 0": t with ν degrees of freedom on SE, so that it is below 1 - level exactly
  // where the interval of that level leaves 0 out. nullopt under kSeedsForPValue seeds: so few cannot show that the
  // tails are those of t.
  std::optional<double> PValue(std::span<const double> weights) const;

  // A - ρB at the estimated ρ = A / B, a contrast that is 0 and varies as the ratio does.
  std::vector<double> Residual(std::span<const double> numerator, std::span<const double> denominator) const;
  // Ratio of two contrasts by Fieller (1954), with their covariance: all ρ with (A - ρB)² <= t² Var(A - ρB), with
  // the degrees of freedom of A - ρB at the estimate. nullopt where the set is unbounded: B is not clear of 0 by t.
  std::optional<Interval> Ratio(std::span<const double> numerator, std::span<const double> denominator,
                                double level = 0.95) const;
  // The same for a share of something, about which seeds scatter between 0 and 1: its ends are stretched (interval.h;
  // not with one seed, where nothing scatters).
  std::optional<Interval> Share(std::span<const double> numerator, std::span<const double> denominator,
                                double level = 0.95) const;

 private:
  // Parts of the covariance of two contrasts' values (u == v: the variance).
  double NoisePart(std::span<const double> weights) const;
  double ItemPart(std::span<const double> u, std::span<const double> v) const;
  double SeedPart(std::span<const double> u, std::span<const double> v) const;
  double Covariance(std::span<const double> u, std::span<const double> v) const {
    return SeedPart(u, v) + ItemPart(u, v);
  }

  std::vector<double> mean_;
  std::vector<std::vector<double>> deviations_;
  Symmetric item_covariance_, item_root_;  // of what seeds share
  Symmetric noise_covariance_;             // of items, as far as it is a part of the seeds' scatter
  int min_items_ = 0;
  int distinct_items_ = 0;
};

}  // namespace retort
