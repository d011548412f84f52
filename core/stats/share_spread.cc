#include "core/stats/share_spread.h"

#include <algorithm>
#include <cassert>
#include <optional>

namespace retort {

bool SharesClosed(std::span<const double> scores, double sign, std::span<double> shares) {
  const double gap = sign * (scores[1] - scores[0]);
  for (size_t i = 0; i < shares.size(); ++i) shares[i] = sign * (scores[2 + i] - scores[0]) / gap;
  return gap > 0;
}

ShareSpread SpreadOfShares(const PairedMeans& means, double sign, double level) {
  const size_t columns = means.mean().size();
  assert(columns > 2);
  std::vector<double> zero(columns - 2);
  ShareSpread spread{zero, zero, zero};
  SharesClosed(means.mean(), sign, spread.share);
  if (means.items_only()) return spread;
  for (size_t i = 0; i < zero.size(); ++i) {
    std::vector<double> numerator(columns), denominator(columns);
    numerator[2 + i] = denominator[1] = 1;
    numerator[0] = denominator[0] = -1;
    const std::optional<Interval> closed = means.Ratio(numerator, denominator, level);
    spread.exponent[i] = means.StretchExponent(means.Residual(numerator, denominator));
    if (closed) {
      spread.half_width[i] = std::min(closed->high - closed->estimate, closed->estimate - closed->low);
    }
  }
  return spread;
}

}  // namespace retort
