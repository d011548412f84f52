#include "core/stats/curve_replicates.h"

#include <algorithm>
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

CurveReplicates::CurveReplicates(const PairedMeans& means, double freedom, std::optional<double> stretch_level,
                                 const RandomStream& random)
    : means_(means),
      random_(random),
      sign_(means.mean()[1] >= means.mean()[0] ? 1 : -1),
      freedom_(freedom),
      normal_(means.mean().size()) {
  const std::vector<double>& root = means.item_root().values;
  noisy_items_ = std::any_of(root.begin(), root.end(), [](double v) { return v != 0; });
  if (stretch_level && !means.items_only()) stretch_ = SpreadOfShares(means, sign_, *stretch_level);
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
  if (stretch_) {
    const auto& [share, half_width, exponent] = *stretch_;
    for (size_t i = 0; i < shares.size(); ++i) shares[i] = StretchEnd(share[i], shares[i], half_width[i], exponent[i]);
  }
  return leads;
}

size_t TailRank(size_t replicates, double level) {
  // A hair below the level, so that rounding never decides at a p value of exactly 1 - level.
  const double most = (1 - level) * (1 - 1e-12) * static_cast<double>(replicates + 1) / 2;
  return std::max<size_t>(1, static_cast<size_t>(std::ceil(most)) - 1);
}

}  // namespace retort
