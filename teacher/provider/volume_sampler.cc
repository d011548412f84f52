#include "teacher/provider/volume_sampler.h"

#include <algorithm>
#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cassert>
#include <cmath>
#include <numbers>

namespace retort {
namespace {

constexpr double kTwo64 = 0x1p64;
constexpr double kStepsAnOctave = 32;
constexpr double kLargest = 0x1p50;  // no count beyond

double RateSurvival(const VolumeModel& model, double rate) {
  if (model.rate == "lognormal") {
    if (rate <= 0) return 1;
    const double mu = std::log(model.mean) - model.shape * model.shape / 2;
    return 0.5 * std::erfc((std::log(rate) - mu) / (model.shape * std::numbers::sqrt2));
  }
  const double least = model.mean * (model.shape - 1) / model.shape;
  return rate <= least ? 1 : std::pow(least / rate, model.shape);
}

// Simpson's rule over G within ten deviations of its mean: what lies outside is below 1e-16 of the mass.
double MixedSurvival(const VolumeModel& model, double k) {
  const double shape = k + 1, spread = std::sqrt(shape);
  const double from = std::max(0.0, shape - 10 * spread), to = shape + 10 * spread + 40;
  constexpr int kIntervals = 240;
  const double step = (to - from) / kIntervals;
  double sum = 0, mass = 0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double x = from + i * step;
    const double density = x > 0 ? boost::math::gamma_p_derivative(shape, x) : (k == 0 ? 1 : 0);
    const double weight = density * (i == 0 || i == kIntervals ? 1 : i % 2 == 1 ? 4 : 2);
    sum += weight * RateSurvival(model, x);
    mass += weight;
  }
  return sum / mass;
}

}  // namespace

double VolumeSampler::Survival(double count) const {
  const double k = std::floor(count);
  if (k < 0) return 1;
  if (model_.rate != "gamma") return k > 1e7 ? RateSurvival(model_, k + 1) : MixedSurvival(model_, k);
  const double p = model_.shape / (model_.shape + model_.mean);
  return boost::math::cdf(boost::math::complement(boost::math::negative_binomial(model_.shape, p), k));
}

VolumeSampler::VolumeSampler(const VolumeModel& model) : model_(model) {
  assert(model.mean > 0 && model.shape > 0);
  threshold_.resize(kExact + 1);
  double before = 1;
  for (uint32_t k = 0; k < kExact; ++k) {
    before = std::min(before, Survival(k));
    threshold_[k] = before >= 1 ? ~uint64_t{0} : static_cast<uint64_t>(before * kTwo64);
  }
  threshold_[kExact] = 0;
  for (double count = kExact - 1; count < kLargest; count *= std::exp2(1 / kStepsAnOctave)) {
    const double survival = Survival(count);
    if (survival < 1 / kTwo64) break;
    tail_count_.push_back(std::floor(count) + 1);
    tail_log_survival_.push_back(std::log(survival));
  }
  const size_t bins = size_t{1} << kGuideBits;
  const auto count_of = [&](uint64_t uniform) {
    return static_cast<uint32_t>(
        std::partition_point(threshold_.begin(), threshold_.end() - 1, [&](uint64_t t) { return uniform < t; }) -
        threshold_.begin());
  };
  for (size_t bin = 0; bin < bins; ++bin) {
    const uint64_t first = static_cast<uint64_t>(bin) << (64 - kGuideBits);
    guide_.push_back(count_of(first | (~uint64_t{0} >> kGuideBits)));
    guide_end_.push_back(count_of(first));
  }
}

int64_t VolumeSampler::Tail(uint64_t uniform) const {
  const double log_uniform = std::log((static_cast<double>(uniform) + 0.5) / kTwo64);
  const auto after = std::partition_point(tail_log_survival_.begin(), tail_log_survival_.end(),
                                          [&](double s) { return log_uniform < s; });
  const auto j = static_cast<size_t>(after - tail_log_survival_.begin());
  if (j == 0) return kExact;
  if (j == tail_count_.size()) return static_cast<int64_t>(tail_count_.back());
  const double share = (tail_log_survival_[j - 1] - log_uniform) / (tail_log_survival_[j - 1] - tail_log_survival_[j]);
  return static_cast<int64_t>(tail_count_[j - 1] * std::pow(tail_count_[j] / tail_count_[j - 1], share));
}

int64_t VolumeSampler::Quantile(double share) const {
  double low = -1, high = 1;
  while (Survival(high) > 1 - share) high *= 2;
  while (high - low > 1) {
    const double middle = std::floor((low + high) / 2);
    (Survival(middle) > 1 - share ? low : high) = middle;
  }
  return static_cast<int64_t>(high);
}

}  // namespace retort
