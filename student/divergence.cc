#include "student/divergence.h"

#include <ATen/ATen.h>

#include <cassert>
#include <cmath>

namespace retort {
namespace {

using fused::DivergenceKind;

// log(w T + (1 - w) S) from logarithms.
at::Tensor LogMix(const at::Tensor& log_t, const at::Tensor& log_s, double w) {
  if (w <= 0) return log_s;
  if (w >= 1) return log_t;
  return at::logaddexp(log_t + std::log(w), log_s + std::log1p(-w));
}

at::Tensor Kl(const at::Tensor& log_p, const at::Tensor& log_q) { return (log_p.exp() * (log_p - log_q)).sum(); }

}  // namespace

fused::Divergence DivergenceOf(const ObjectiveConfig& config) {
  fused::Divergence divergence{.temperature = static_cast<float>(config.temperature)};
  if (config.name == "rkl") divergence.kind = DivergenceKind::kReverse;
  if (config.name == "jsd") divergence.kind = DivergenceKind::kJensenShannon;
  if (config.name == "skew_fkl") divergence.kind = DivergenceKind::kSkewForward;
  if (config.name == "skew_rkl") divergence.kind = DivergenceKind::kSkewReverse;
  divergence.mix = static_cast<float>(config.name == "jsd" ? config.Beta() : config.Alpha());
  return divergence;
}

double TemperatureScale(const ObjectiveConfig& config) {
  return config.temperature_squared_scaling ? config.temperature * config.temperature : 1;
}

at::Tensor DivergenceSum(const ObjectiveConfig& config, const at::Tensor& student, const at::Tensor& teacher) {
  const at::Tensor s = at::log_softmax(student / config.temperature, 1);
  const at::Tensor t = at::log_softmax(teacher / config.temperature, 1);
  const auto sum = [&] {
    const double alpha = config.Alpha(), beta = config.Beta();
    switch (DivergenceOf(config).kind) {
      case DivergenceKind::kForward:
        return Kl(t, s);
      case DivergenceKind::kReverse:
        return Kl(s, t);
      case DivergenceKind::kJensenShannon: {
        const at::Tensor m = LogMix(t, s, beta);
        return beta * Kl(t, m) + (1 - beta) * Kl(s, m);
      }
      case DivergenceKind::kSkewForward:
        return Kl(t, LogMix(t, s, alpha));
      case DivergenceKind::kSkewReverse:
        return Kl(s, LogMix(t, s, 1 - alpha));
    }
    assert(false);
    return at::Tensor();
  };
  return sum() * TemperatureScale(config);
}

at::Tensor PreferenceSum(const ObjectiveConfig& config, const at::Tensor& margins) {
  const at::Tensor scaled = config.Beta() * margins;
  const double flipped = config.label_smoothing;
  return -((1 - flipped) * at::log_sigmoid(scaled) + flipped * at::log_sigmoid(-scaled)).sum();
}

}  // namespace retort
