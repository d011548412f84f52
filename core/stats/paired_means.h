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
// An interval adds the two half-widths in quadrature, Student's t with K-1 degrees of freedom for the seeds' part and
// M-1 for the items' (Zou & Donner 2008, closed-form limits for sums): t_{K-1} on the items' part would overcover by
// far. With ONE seed there is no scatter to see: the interval holds for other items and this same run only
// (`items_only`).
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

  // Σ weights[c] * mean[c] with its interval. A column's weight may be 0.
  Interval Contrast(std::span<const double> weights, double level = 0.95) const;
  Interval Mean(size_t column, double level = 0.95) const;
  // The same for a rate in [0, 1], stretched (interval.h) and never outside. Wilson's interval for the number of
  // different items with one seed, and where all seeds agree (1.00 four times is no proof of 1.00).
  Interval Rate(size_t column, double level = 0.95) const;

  // Two-sided p value of "the contrast is 0": 1 - the level of the interval that just reaches 0. Where seeds have items
  // of their own, this is Student's t with K-1 degrees of freedom on SE² = s²_seed/K. nullopt under kSeedsForPValue
  // seeds: so few cannot show that the tails are those of t.
  std::optional<double> PValue(std::span<const double> weights) const;

  // Ratio of two contrasts by Fieller (1954), with their covariance: all ρ with (A - ρB)² <= q² Var(A - ρB). nullopt
  // where the denominator's interval holds 0 and the set is unbounded.
  std::optional<Interval> Ratio(std::span<const double> numerator, std::span<const double> denominator,
                                double level = 0.95) const;
  // The same for a share of something, about which seeds scatter between 0 and 1: its ends are stretched (interval.h;
  // not with one seed, where nothing scatters).
  std::optional<Interval> Share(std::span<const double> numerator, std::span<const double> denominator,
                                double level = 0.95) const;

 private:
  // Parts of the covariance of two contrasts' values (u == v: the variance).
  double ItemPart(std::span<const double> u, std::span<const double> v) const;
  double SeedPart(std::span<const double> u, std::span<const double> v) const;
  // Squared half-width of the interval of a contrast (u == v), or the matching cross term.
  double HalfWidth2(std::span<const double> u, std::span<const double> v, double level) const;
  double Value(std::span<const double> weights) const;

  std::vector<double> mean_;
  std::vector<std::vector<double>> deviations_;
  Symmetric item_covariance_, item_root_;
  int min_items_ = 0;
  int distinct_items_ = 0;
};

}  // namespace retort
