#include "core/stats/curve_replicates.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>
#include <utility>

namespace retort {

CurveReplicates::CurveReplicates(const PairedMeans& means, double level, RandomStream random)
    : means_(means),
      random_(std::move(random)),
      sign_(means.mean()[1] >= means.mean()[0] ? 1 : -1),
      share_(means.mean().size() - 2),
      half_width_(share_.size()),
      normal_(means.mean().size()) {
  assert(!share_.empty());
  leads_ = SharesClosed(means.mean(), share_);
  const std::vector<double>& root = means.item_root().values;
  noisy_items_ = std::any_of(root.begin(), root.end(), [](double v) { return v != 0; });
  if (means.items_only()) return;
  const auto k = static_cast<double>(means.seeds());
  const double p = 0.5 + level / 2;
  widen_ = std::sqrt(k / (k - 1)) * StudentQuantile(p, k - 1) / NormalQuantile(p) / k;
  for (size_t i = 0; i < share_.size(); ++i) {
    std::vector<double> numerator(normal_.size()), denominator(normal_.size());
    numerator[2 + i] = denominator[1] = 1;
    numerator[0] = denominator[0] = -1;
    const std::optional<Interval> gc = means.Share(numerator, denominator, level);
    if (gc) half_width_[i] = std::min(gc->high - gc->estimate, gc->estimate - gc->low);
  }
}

bool CurveReplicates::SharesClosed(std::span<const double> scores, std::span<double> shares) const {
  const double gap = sign_ * (scores[1] - scores[0]);
  for (size_t i = 0; i < shares.size(); ++i) shares[i] = sign_ * (scores[2 + i] - scores[0]) / gap;
  return gap > 0;
}

bool CurveReplicates::Next(std::span<double> shares) {
  scores_ = means_.mean();
  for (int draw = 0; widen_ > 0 && draw < means_.seeds(); ++draw) {
    const std::vector<double>& deviation = means_.deviations()[random_.Below(means_.deviations().size())];
    for (size_t c = 0; c < scores_.size(); ++c) scores_[c] += widen_ * deviation[c];
  }
  if (noisy_items_) {
    const Symmetric& root = means_.item_root();
    for (double& z : normal_) z = random_.Normal();
    for (size_t c = 0; c < scores_.size(); ++c) {
      for (size_t j = 0; j < normal_.size(); ++j) scores_[c] += root(c, j) * normal_[j];
    }
  }
  const bool leads = SharesClosed(scores_, shares);
  for (size_t i = 0; i < shares.size(); ++i) shares[i] = StretchEnd(share_[i], shares[i], half_width_[i]);
  return leads;
}

}  // namespace retort
