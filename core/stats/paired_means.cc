#include "core/stats/paired_means.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

namespace retort {
namespace {

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

// sum += factor * Σ_i x_i x_iᵀ for rows x: (columns, items).
void AddProducts(const std::vector<std::vector<double>>& rows, double factor, Symmetric& sum) {
  for (size_t a = 0; a < rows.size(); ++a) {
    for (size_t b = 0; b <= a; ++b) {
      double dot = 0;
      for (size_t i = 0; i < rows[a].size(); ++i) dot += rows[a][i] * rows[b][i];
      sum(a, b) += factor * dot;
      if (a != b) sum(b, a) += factor * dot;
    }
  }
}

}  // namespace

PairedMeans::PairedMeans(std::span<const SeedScores> seeds) {
  assert(!seeds.empty() && !seeds[0].columns.empty());
  const size_t columns = seeds[0].columns.size();
  const auto count = static_cast<double>(seeds.size());
  mean_.assign(columns, 0);
  Symmetric covariance(columns), noise(columns);
  std::map<std::string, std::vector<size_t>> groups;  // seeds that share items
  for (size_t k = 0; k < seeds.size(); ++k) {
    const size_t items = seeds[k].columns[0].size();
    assert(seeds[k].columns.size() == columns && items > 0);
    min_items_ = k == 0 ? static_cast<int>(items) : std::min(min_items_, static_cast<int>(items));
    groups[fmt::format("{}/{}", items, seeds[k].items)].push_back(k);
    std::vector<double> means(columns);
    for (size_t c = 0; c < columns; ++c) {
      assert(seeds[k].columns[c].size() == items);
      means[c] = retort::Mean(seeds[k].columns[c]);
      mean_[c] += means[c] / count;
    }
    deviations_.push_back(std::move(means));
  }
  for (const auto& [name, members] : groups) {
    const size_t items = seeds[members[0]].columns[0].size();
    distinct_items_ += static_cast<int>(items);
    if (items < 2) continue;
    // Σ_{k≠l} of products = those of the sum over seeds less those of each seed; a lone seed keeps its own.
    const double scale = 1 / (static_cast<double>(items) * static_cast<double>(items - 1));
    const double factor = seeds.size() == 1 ? scale : scale / (count * (count - 1));
    Symmetric own(columns);
    std::vector<std::vector<double>> sum(columns, std::vector<double>(items));
    for (size_t k : members) {
      std::vector<std::vector<double>> centred = seeds[k].columns;
      for (size_t c = 0; c < columns; ++c) {
        for (size_t i = 0; i < items; ++i) {
          centred[c][i] -= deviations_[k][c];
          sum[c][i] += centred[c][i];
        }
      }
      if (seeds.size() > 1) AddProducts(centred, 1, own);
    }
    for (size_t v = 0; v < own.values.size(); ++v) {
      noise.values[v] += scale / (count * count) * own.values[v];
      if (members.size() > 1) covariance.values[v] -= factor * own.values[v];
    }
    if (members.size() > 1 || seeds.size() == 1) AddProducts(sum, factor, covariance);
  }
  for (std::vector<double>& means : deviations_) {
    for (size_t c = 0; c < columns; ++c) means[c] -= mean_[c];
  }
  item_root_ = PositiveRoot(covariance);
  item_covariance_ = Squared(item_root_);
  noise_covariance_ = std::move(noise);
}

double PairedMeans::Value(std::span<const double> weights) const {
  double value = 0, scale = 0;
  for (size_t c = 0; c < weights.size(); ++c) {
    value += weights[c] * mean_[c];
    scale += std::abs(weights[c] * mean_[c]);
  }
  return std::abs(value) <= 1e-12 * scale ? 0 : value;  // some 1e-16 are left where arms agree exactly
}

double PairedMeans::ItemPart(std::span<const double> u, std::span<const double> v) const {
  double items = 0;
  for (size_t a = 0; a < u.size(); ++a) {
    for (size_t b = 0; b < v.size(); ++b) items += u[a] * v[b] * item_covariance_(a, b);
  }
  return items;
}

double PairedMeans::NoisePart(std::span<const double> weights) const {
  double noise = 0;
  for (size_t a = 0; a < weights.size(); ++a) {
    for (size_t b = 0; b < weights.size(); ++b) noise += weights[a] * weights[b] * noise_covariance_(a, b);
  }
  return noise;
}

double PairedMeans::StretchExponent(std::span<const double> weights) const {
  const double seed = SeedPart(weights, weights), all = seed + ItemPart(weights, weights);
  if (!(all > 0)) return 0;
  return 0.75 * (1 + std::clamp((seed - NoisePart(weights)) / all, 0.0, 1.0));
}

double PairedMeans::SeedPart(std::span<const double> u, std::span<const double> v) const {
  if (items_only()) return 0;
  double sum = 0;
  for (const std::vector<double>& deviation : deviations_) {
    double du = 0, dv = 0;
    for (size_t c = 0; c < u.size(); ++c) {
      du += u[c] * deviation[c];
      dv += v[c] * deviation[c];
    }
    sum += du * dv;
  }
  const double k = seeds();
  return sum / (k * (k - 1));
}

std::vector<double> PairedMeans::CovarianceWith(std::span<const double> weights) const {
  std::vector<double> with(mean_.size());
  for (size_t a = 0; a < with.size(); ++a) {
    for (size_t b = 0; b < weights.size(); ++b) with[a] += item_covariance_(a, b) * weights[b];
  }
  if (items_only()) return with;
  const double k = seeds();
  for (const std::vector<double>& deviation : deviations_) {
    double value = 0;
    for (size_t c = 0; c < weights.size(); ++c) value += weights[c] * deviation[c];
    for (size_t c = 0; c < with.size(); ++c) with[c] += value * deviation[c] / (k * (k - 1));
  }
  return with;
}

double PairedMeans::DegreesOfFreedom(std::span<const double> weights) const {
  const double item_freedom = min_items_ - 1;
  if (items_only()) return item_freedom;
  const double seed = SeedPart(weights, weights), item = ItemPart(weights, weights);
  const double seed_freedom = seeds() - 1;
  if (!(item > 0)) return seed_freedom;
  const double likely = seed / ChiSquareMedianShare(seed_freedom);
  return (likely + item) * (likely + item) / (likely * likely / seed_freedom + item * item / item_freedom);
}

Interval PairedMeans::Contrast(std::span<const double> weights, double level) const {
  assert(weights.size() == mean_.size());
  const double value = Value(weights);
  const double t = StudentQuantile(0.5 + level / 2, DegreesOfFreedom(weights));
  if (std::isinf(t)) return {value, -t, t};  // one seed, one item: nothing is known
  const double half = t * std::sqrt(std::max(0.0, Covariance(weights, weights)));
  return {value, value - half, value + half};
}

Interval PairedMeans::Mean(size_t column, double level) const {
  std::vector<double> weights(mean_.size());
  weights[column] = 1;
  return Contrast(weights, level);
}

Interval PairedMeans::Rate(size_t column, double level) const {
  const Interval scatter = Mean(column, level);
  const double half = scatter.high - scatter.estimate;
  if (items_only() || half == 0) return Wilson(mean_[column] * distinct_items_, distinct_items_, level);
  std::vector<double> weights(mean_.size());
  weights[column] = 1;
  const double exponent = StretchExponent(weights);
  return {scatter.estimate, std::clamp(StretchEnd(scatter.estimate, scatter.low, half, exponent), 0.0, 1.0),
          std::clamp(StretchEnd(scatter.estimate, scatter.high, half, exponent), 0.0, 1.0)};
}

std::vector<double> PairedMeans::Residual(std::span<const double> numerator,
                                          std::span<const double> denominator) const {
  const double ratio = Value(numerator) / Value(denominator);
  std::vector<double> weights(mean_.size());
  for (size_t c = 0; c < weights.size(); ++c) weights[c] = numerator[c] - ratio * denominator[c];
  return weights;
}

std::optional<Interval> PairedMeans::Ratio(std::span<const double> numerator, std::span<const double> denominator,
                                           double level) const {
  const double a = Value(numerator), b = Value(denominator);
  const double t = StudentQuantile(0.5 + level / 2, DegreesOfFreedom(Residual(numerator, denominator)));
  if (!std::isfinite(t)) return std::nullopt;
  const double aa = a * a - t * t * Covariance(numerator, numerator);
  const double ab = a * b - t * t * Covariance(numerator, denominator);
  const double bb = b * b - t * t * Covariance(denominator, denominator);
  if (!(bb > 0)) return std::nullopt;
  const double root = std::sqrt(std::max(0.0, ab * ab - aa * bb));
  const double estimate = a / b;
  const double low = std::min((ab - root) / bb, estimate), high = std::max((ab + root) / bb, estimate);
  return Interval{estimate, low, high};
}

std::optional<Interval> PairedMeans::Share(std::span<const double> numerator, std::span<const double> denominator,
                                           double level) const {
  std::optional<Interval> ratio = Ratio(numerator, denominator, level);
  if (!ratio || items_only()) return ratio;
  const double share = ratio->estimate, exponent = StretchExponent(Residual(numerator, denominator));
  return Interval{share, StretchEnd(share, ratio->low, share - ratio->low, exponent),
                  StretchEnd(share, ratio->high, ratio->high - share, exponent)};
}

std::optional<double> PairedMeans::PValue(std::span<const double> weights) const {
  assert(weights.size() == mean_.size());
  if (seeds() < kSeedsForPValue) return std::nullopt;
  const double value = std::abs(Value(weights));
  if (value == 0) return 1.0;
  return StudentTail(value / std::sqrt(std::max(0.0, Covariance(weights, weights))), DegreesOfFreedom(weights));
}

}  // namespace retort
