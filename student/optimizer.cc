#include "student/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "core/base/numerics.h"
#include "core/fused/adamw.h"
#include "core/lm/transformer.h"

namespace retort {

namespace {

constexpr int64_t kBlock = 1 << 16;  // elements that one thread takes at a time

double Norm(const at::Tensor& gradient) {
  const int64_t size = gradient.numel(), blocks = (size + kBlock - 1) / kBlock;
  std::vector<double> sums(static_cast<size_t>(blocks));  // added in order, whoever made them
  const auto* data = gradient.const_data_ptr<float>();
  at::parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) {
      sums[static_cast<size_t>(b)] = fused::SumOfSquares(data + b * kBlock, std::min(kBlock, size - b * kBlock));
    }
  });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

}  // namespace

AdamW::AdamW(Transformer& model, const TrainerConfig& config)
    : model_(model), config_(config), first_(at::zeros_like(model.trainable().flat)), second_(at::zeros_like(first_)) {}

double AdamW::Step(double learning_rate) {
  const at::NoGradGuard no_grad;
  const auto [flat, gradient, decayed] = model_.trainable();
  const bool fused = flat.is_cpu() && !UsesReference();
  const double norm = fused ? Norm(gradient) : gradient.norm().item<double>();
  // PyTorch's clip_grad_norm_.
  const bool clip = config_.max_grad_norm > 0 && norm > config_.max_grad_norm;
  const double scale = clip ? config_.max_grad_norm / (norm + 1e-6) : 1;
  ++steps_;
  if (fused) {
    UpdateFused(learning_rate, scale);
  } else {
    UpdateReference(learning_rate, scale);
  }
  return norm;
}

void AdamW::UpdateFused(double learning_rate, double scale) {
  const auto [flat, gradient, decayed] = model_.trainable();
  fused::AdamWStep step{.learning_rate = learning_rate,
                        .beta1 = config_.adam_beta1,
                        .beta2 = config_.adam_beta2,
                        .epsilon = config_.adam_epsilon,
                        .weight_decay = config_.weight_decay,
                        .gradient_scale = scale,
                        .step = steps_};
  const auto update = [&, p = flat.mutable_data_ptr<float>(), g = gradient.mutable_data_ptr<float>(),
                       m = first_.mutable_data_ptr<float>(),
                       v = second_.mutable_data_ptr<float>()](int64_t begin, int64_t end) {
    at::parallel_for(begin, end, kBlock, [&](int64_t from, int64_t to) {
      fused::AdamW(p + from, g + from, m + from, v + from, to - from, step);
    });
  };
  update(0, decayed);
  step.weight_decay = 0;
  update(decayed, flat.numel());
}

void AdamW::UpdateReference(double learning_rate, double scale) {
  const auto [flat, gradient, decayed] = model_.trainable();
  if (scale != 1) gradient.mul_(scale);
  const at::Tensor steps = at::full({}, steps_, first_.options());
  const auto update = [&, &weights = flat, &grad = gradient](int64_t begin, int64_t end, double weight_decay) {
    const auto part = [&](const at::Tensor& tensor) { return tensor.narrow(0, begin, end - begin); };
    at::_fused_adamw_({part(weights)}, {part(grad)}, {part(first_)}, {part(second_)}, {}, {steps}, learning_rate,
                      config_.adam_beta1, config_.adam_beta2, weight_decay, config_.adam_epsilon,
                      /*amsgrad=*/false, /*maximize=*/false);
  };
  update(0, decayed, config_.weight_decay);
  update(decayed, flat.numel(), 0);
  gradient.zero_();
}

void AdamW::Restore(const at::Tensor& first, const at::Tensor& second, int64_t steps) {
  first_.copy_(first);
  second_.copy_(second);
  steps_ = steps;
}

double LearningRate(const TrainerConfig& config, int64_t step, int64_t steps) {
  const auto warmup = static_cast<int64_t>(std::ceil(config.warmup_ratio * static_cast<double>(steps)));
  if (step < warmup) return config.learning_rate * static_cast<double>(step + 1) / static_cast<double>(warmup);
  if (config.lr_scheduler_type == "constant") return config.learning_rate;
  const double done = static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(1, steps - warmup));
  const double shape = config.lr_scheduler_type == "linear" ? 1 - done : 0.5 * (1 + std::cos(std::numbers::pi * done));
  return config.learning_rate * (config.min_lr_ratio + (1 - config.min_lr_ratio) * shape);
}

}  // namespace retort
