#include "core/stats/holm.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace retort {

std::vector<double> Holm(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double running = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const double p = p_values[order[rank]];
    assert(p >= 0 && p <= 1);
    running = std::max(running, std::min(1.0, static_cast<double>(order.size() - rank) * p));
    adjusted[order[rank]] = running;
  }
  return adjusted;
}

}  // namespace retort
