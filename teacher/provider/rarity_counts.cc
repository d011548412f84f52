#include "teacher/provider/rarity_counts.h"

#include <algorithm>
#include <numeric>

namespace retort {

size_t RarityCounts::Bin(double rarity) {
  if (!(rarity > 0)) return 0;
  return 1 + static_cast<size_t>(std::min(rarity * kBinsAnUnit, static_cast<double>(kBinsAnUnit * kLargest)));
}

void RarityCounts::Add(const RarityCounts& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

int64_t RarityCounts::accounts() const { return std::accumulate(counts_.begin(), counts_.end(), int64_t{0}); }

std::vector<double> RarityCounts::Placements() const {
  const auto all = static_cast<double>(std::max<int64_t>(1, accounts()));
  std::vector<double> placements;
  double below = 0;
  for (const int64_t here : counts_) {
    placements.push_back((below + static_cast<double>(here) / 2) / all);
    below += static_cast<double>(here);
  }
  return placements;
}

double RarityCounts::AgainstOthers(const RarityCounts& others) const {
  const std::vector<double> places = others.Placements();
  double sum = 0;
  for (size_t i = 0; i < counts_.size(); ++i) sum += static_cast<double>(counts_[i]) * places[i];
  return sum / static_cast<double>(std::max<int64_t>(1, accounts()));
}

void PlacementSum::Add(double mean) {
  ++clusters;
  sum += mean;
  squares += mean * mean;
}

double PlacementSum::Mean() const { return clusters > 0 ? sum / static_cast<double>(clusters) : 0; }

double PlacementSum::Variance() const {
  if (clusters < 2) return 0;
  const auto n = static_cast<double>(clusters);
  return std::max(0.0, squares - sum * sum / n) / (n * (n - 1));
}

Interval ShareInterval(double share, double variance, double most) {
  const double trials = variance > 0 ? std::min(most, share * (1 - share) / variance) : most;
  return Wilson(share * std::max(1.0, trials), std::max(1.0, trials));
}

}  // namespace retort
