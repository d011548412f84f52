// How rare the scores of honest accounts are, counted in bins of 2 % of rarity: what scores of guilty ones are compared
// with for the area under the curve (AUC), the chance that a guilty account looks stranger than an honest one, ties
// counted half. Whole numbers in constant memory, so that sums do not depend on threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/stats/interval.h"

namespace retort {

class RarityCounts {
 public:
  void Add(double rarity) { ++counts_[Bin(rarity)]; }
  void Add(const RarityCounts& other);
  bool operator==(const RarityCounts&) const = default;

  int64_t accounts() const;
  // For each bin, the share of honest accounts below it and half of those in it.
  std::vector<double> Placements() const;
  double AgainstOthers(const RarityCounts& others) const;  // AUC of these against those
  static size_t Bin(double rarity);

 private:
  static constexpr int kBinsAnUnit = 50, kLargest = 30;  // rarity: e^-30 of all accounts is none

  std::vector<int64_t> counts_ = std::vector<int64_t>(kBinsAnUnit * kLargest + 2);  // the first: no score at all
};

// Mean of the placements of guilty scores, which come in clusters (campaigns with one template) of equal size: their
// means scatter as far as clusters differ.
struct PlacementSum {
  int64_t clusters = 0;
  double sum = 0, squares = 0;  // of the clusters' means

  void Add(double mean);
  double Mean() const;
  double Variance() const;  // of the mean; 0 with fewer than two clusters
};

// A share in [0, 1] with a variance as an interval: Wilson's at the number of trials that has this variance, at most
// `most` (Korn & Graubard 1998).
Interval ShareInterval(double share, double variance, double most);

}  // namespace retort
