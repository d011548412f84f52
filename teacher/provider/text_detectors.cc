#include "teacher/provider/text_detectors.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "core/base/random.h"
#include "core/stats/interval.h"

namespace retort {
namespace {

constexpr size_t kPairs = 2000;   // for the median distance
constexpr size_t kLongest = 256;  // window

float Squared(const Features& a, const Features& b) {
  float sum = 0;
  for (int j = 0; j < kFeatures; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

// cos to 2e-6 between -π and π, after whole turns are taken off. A loop of it vectorises; std::cos does not.
float Cosine(float x) {
  constexpr float kTurn = 0.15915494F;
  constexpr float kRound = 12582912.0F;  // 1.5 · 2²³: added and taken off, it rounds to the nearest whole number
  float t = x * kTurn;
  t -= (t + kRound) - kRound;           // turns, -1/2 to 1/2
  const float s = std::abs(t) - 0.25F;  // cos(2πt) = -sin(2πs)
  const float y = s * 6.2831853F, y2 = y * y;
  return -y * (1 + y2 * (-0.16666654F + y2 * (0.0083321608F + y2 * -0.00019515296F)));
}

}  // namespace

MmdDetector::MmdDetector(std::span<const Features> reference, uint64_t seed) {
  assert(reference.size() > 1);
  RandomStream random(seed, "mmd");
  std::vector<float> distances;
  for (size_t i = 0; i < kPairs; ++i) {
    const size_t a = random.Below(reference.size()), b = random.Below(reference.size());
    if (a != b) distances.push_back(Squared(reference[a], reference[b]));
  }
  std::nth_element(distances.begin(), distances.begin() + static_cast<ptrdiff_t>(distances.size() / 2),
                   distances.end());
  const double bandwidth = std::sqrt(std::max(1e-12F, distances[distances.size() / 2]));
  for (auto& row : frequency_) {
    for (float& w : row) w = static_cast<float>(random.Normal() / bandwidth);
  }
  for (float& b : phase_) b = static_cast<float>(2 * std::numbers::pi * random.Uniform());
  for (const Features& request : reference) {
    const Embedding e = Embed(request);
    for (int i = 0; i < kFourier; ++i) mean_[i] += e[i];
  }
  for (double& m : mean_) {
    m /= static_cast<double>(reference.size());
    mean_norm_ += m * m;
  }
}

Embedding MmdDetector::Embed(const Features& request) const {
  Embedding e = phase_;
  for (int j = 0; j < kFeatures; ++j) {
    for (int i = 0; i < kFourier; ++i) e[i] += frequency_[j][i] * request[j];
  }
  const float scale = std::sqrt(2.0F / kFourier);
  for (float& x : e) x = scale * Cosine(x);
  return e;
}

double MmdDetector::Score(std::span<const Features> window) const {
  assert(window.size() > 1);
  Embedding sum{};
  float own = 0;
  for (const Features& request : window) {
    const Embedding e = Embed(request);
    for (int i = 0; i < kFourier; ++i) {
      sum[i] += e[i];
      own += e[i] * e[i];
    }
  }
  const auto n = static_cast<double>(window.size());
  double square = 0, cross = 0;
  for (int i = 0; i < kFourier; ++i) {
    square += static_cast<double>(sum[i]) * sum[i];
    cross += sum[i] * mean_[i];
  }
  return (square - own) / (n * (n - 1)) - 2 * cross / n + mean_norm_;
}

PradaDetector::PradaDetector(size_t longest) : normal_scores_(longest + 1) {
  assert(longest <= kLongest);
  for (size_t n = 2; n <= longest; ++n) {
    for (size_t i = 0; i < n; ++i) {  // Blom's approximation
      normal_scores_[n].push_back(NormalQuantile((static_cast<double>(i) + 0.625) / (static_cast<double>(n) + 0.25)));
    }
  }
}

double PradaDetector::Score(std::span<const Features> window) const {
  assert(window.size() > 2 && window.size() <= normal_scores_.size());
  // Feature by feature, so that the loops over earlier requests vectorise.
  std::array<std::array<float, kLongest>, kFeatures> column;
  for (size_t i = 0; i < window.size(); ++i) {
    for (int j = 0; j < kFeatures; ++j) column[j][i] = window[i][j];
  }
  std::array<float, kLongest> distance;
  std::array<float, kLongest> nearest_squared;
  for (size_t i = 1; i < window.size(); ++i) {
    std::fill_n(distance.begin(), i, 0.0F);
    for (int j = 0; j < kFeatures; ++j) {
      const float own = column[j][i];
      for (size_t k = 0; k < i; ++k) distance[k] += (column[j][k] - own) * (column[j][k] - own);
    }
    float least = distance[0];
    for (size_t k = 1; k < i; ++k) least = std::min(least, distance[k]);
    nearest_squared[i - 1] = least;
  }
  const std::span<float> squares(nearest_squared.data(), window.size() - 1);
  std::sort(squares.begin(), squares.end());
  std::vector<double> nearest(squares.begin(), squares.end());
  for (double& d : nearest) d = std::sqrt(d);
  const std::vector<double>& scores = normal_scores_[nearest.size()];
  double mean = 0;
  for (const double d : nearest) mean += d;
  mean /= static_cast<double>(nearest.size());
  double cross = 0, own = 0, normal = 0;
  for (size_t i = 0; i < nearest.size(); ++i) {
    cross += (nearest[i] - mean) * scores[i];
    own += (nearest[i] - mean) * (nearest[i] - mean);
    normal += scores[i] * scores[i];
  }
  return own > 0 ? 1 - cross * cross / (own * normal) : 1;
}

}  // namespace retort
