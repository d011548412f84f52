#include "core/lm/rope.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

namespace retort {

bool StretchesWith(const ModelConfig& config, int64_t length) {
  return config.rope_scaling.rope_type == "dynamic" && length > config.max_position_embeddings;
}

std::vector<float> RotaryFrequencies(const ModelConfig& config, int64_t length) {
  const RopeScaling& rope = config.rope_scaling;
  const double dim = config.head_dim;
  double theta = config.rope_theta;
  if (StretchesWith(config, length)) {
    const double share = static_cast<double>(length) / config.max_position_embeddings;
    theta *= std::pow(rope.factor * share - (rope.factor - 1), dim / (dim - 2));
  }
  std::vector<float> frequencies(static_cast<size_t>(config.head_dim / 2));
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const auto frequency = static_cast<float>(1.0 / std::pow(theta, 2.0 * static_cast<double>(i) / dim));
    const auto factor = static_cast<float>(rope.factor);
    frequencies[i] = frequency;
    if (rope.rope_type == "linear") frequencies[i] = frequency / factor;
    if (rope.rope_type == "llama3") {
      const double trained = rope.original_max_position_embeddings;
      const auto wavelength = static_cast<float>(2 * std::numbers::pi / frequency);
      const double smooth =
          (trained / wavelength - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor);
      const auto blend = static_cast<float>(std::clamp(smooth, 0.0, 1.0));
      frequencies[i] = (1 - blend) * (frequency / factor) + blend * frequency;
    }
  }
  return frequencies;
}

void RotaryRow(const std::vector<float>& frequencies, int64_t position, float* cos, float* sin) {
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const float angle = static_cast<float>(position) * frequencies[i];
    cos[i] = static_cast<float>(std::cos(static_cast<double>(angle)));
    sin[i] = static_cast<float>(std::sin(static_cast<double>(angle)));
  }
}

std::pair<at::Tensor, at::Tensor> RotaryTable(const ModelConfig& config, int64_t length, const at::Tensor& like) {
  const std::vector<float> frequencies = RotaryFrequencies(config, length);
  const auto half = static_cast<int64_t>(frequencies.size());
  if (like.defined() && !like.is_cpu()) {  // as RotaryRow has it: the angle rounded to float32, then in double
    const at::Tensor positions = at::arange(length, like.options().dtype(at::kFloat)).unsqueeze(1);
    const at::Tensor angles = (positions * at::tensor(frequencies).to(like.device())).to(at::kDouble);
    return {angles.cos().to(at::kFloat), angles.sin().to(at::kFloat)};
  }
  at::Tensor cos = at::empty({length, half}), sin = at::empty({length, half});
  for (int64_t t = 0; t < length; ++t) {
    RotaryRow(frequencies, t, cos.mutable_data_ptr<float>() + t * half, sin.mutable_data_ptr<float>() + t * half);
  }
  return {cos, sin};
}

void RotaryAngles::Reset(int64_t longest) {
  stretched_.clear();
  // Dynamic scaling has a common table up to the trained length only.
  const int64_t limit =
      config_.rope_scaling.rope_type == "dynamic" ? config_.max_position_embeddings : config_.MaxPositions();
  if (cos_.defined() && cos_.size(0) >= std::min(longest, limit)) return;
  std::tie(cos_, sin_) = RotaryTable(config_, std::min(std::max<int64_t>(longest * 2, 64), limit));
}

RotaryAngles::Row RotaryAngles::Of(int64_t position, int64_t length) {
  const int64_t half = config_.head_dim / 2;
  if (!StretchesWith(config_, length)) {
    return {cos_.const_data_ptr<float>() + position * half, sin_.const_data_ptr<float>() + position * half};
  }
  std::vector<float>& own = stretched_.emplace_back(static_cast<size_t>(2 * half));
  RotaryRow(RotaryFrequencies(config_, length), position, own.data(), own.data() + half);
  return {own.data(), own.data() + half};
}

}  // namespace retort
