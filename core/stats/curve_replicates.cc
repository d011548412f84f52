#include "core/stats/curve_replicates.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>

namespace retort {
namespace {

// Gamma(shape, 1) by Marsaglia & Tsang (2000).
double Gamma(RandomStream& random, double shape) {
  if (shape < 1) return Gamma(random, shape + 1) * std::pow(1 - random.Uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double z = random.Normal(), root = 1 + c * z;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - random.Uniform()) < z * z / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

bool SharesClosed(std::span<const double> scores, double sign, std::span<double> shares) {
  const double gap = sign * (scores[1] - scores[0]);
  for (size_t i = 0; i < shares.size(); ++i) shares[i] = sign * (scores[2 + i] - scores[0]) / gap;
  return gap > 0;
}

CurveReplicates::CurveReplicates(const PairedMeans& means, double freedom, double level, const RandomStream& random)
    : means_(means),
      random_(random),
      sign_(means.mean()[1] >= means.mean()[0] ? 1 : -1),
      freedom_(freedom),
      share_(means.mean().size() - 2),
      half_width_(share_.size()),
      exponent_(share_.size()),
      normal_(means.mean().size()) {
  assert(!share_.empty());
  SharesClosed(means.mean(), sign_, share_);
  const std::vector<double>& root = means.item_root().values;
  noisy_items_ = std::any_of(root.begin(), root.end(), [](double v) { return v != 0; });
  if (means.items_only()) return;
  for (size_t i = 0; i < share_.size(); ++i) {
    std::vector<double> numerator(normal_.size()), denominator(normal_.size());
    numerator[2 + i] = denominator[1] = 1;
    numerator[0] = denominator[0] = -1;
    const std::optional<Interval> gc = means.Ratio(numerator, denominator, level);
    exponent_[i] = means.StretchExponent(means.Residual(numerator, denominator));
    if (gc) half_width_[i] = std::min(gc->high - gc->estimate, gc->estimate - gc->low);
  }
}

bool CurveReplicates::Next(std::span<double> shares) {
  scores_ = means_.mean();
  const double tails = freedom_ > 0 ? std::sqrt(freedom_ / (2 * Gamma(random_, freedom_ / 2))) : 1;
  if (!means_.items_only()) {
    const auto k = static_cast<double>(means_.seeds());
    const double scale = tails / std::sqrt(k * (k - 1));
    for (const std::vector<double>& deviation : means_.deviations()) {
      const double z = scale * random_.Normal();
      for (size_t c = 0; c < scores_.size(); ++c) scores_[c] += z * deviation[c];
    }
  }
  if (noisy_items_) {
    const Symmetric& root = means_.item_root();
    for (double& z : normal_) z = tails * random_.Normal();
    for (size_t c = 0; c < scores_.size(); ++c) {
      for (size_t j = 0; j < normal_.size(); ++j) scores_[c] += root(c, j) * normal_[j];
    }
  }
  const bool leads = SharesClosed(scores_, sign_, shares);
  for (size_t i = 0; i < shares.size(); ++i) shares[i] = StretchEnd(share_[i], shares[i], half_width_[i], exponent_[i]);
  return leads;
}

}  // namespace retort
