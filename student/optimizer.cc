#include "student/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/lm/transformer.h"

namespace retort {

AdamW::AdamW(Transformer& model, const TrainerConfig& config)
    : model_(model),
      config_(config),
      first_(at::zeros_like(model.trainable().flat)),
      second_(at::zeros_like(first_)),
      steps_(at::zeros({}, first_.options())) {}

double AdamW::Step(double learning_rate) {
  const at::NoGradGuard no_grad;
  const auto [flat, gradient, decayed] = model_.trainable();
  const double norm = gradient.norm().item<double>();
  if (config_.max_grad_norm > 0 && norm > config_.max_grad_norm) {
    gradient.mul_(config_.max_grad_norm / (norm + 1e-6));  // PyTorch's clip_grad_norm_
  }
  steps_.add_(1);
  const auto update = [&, &flat = flat, &gradient = gradient](int64_t begin, int64_t end, double weight_decay) {
    const auto part = [&](const at::Tensor& tensor) { return tensor.narrow(0, begin, end - begin); };
    at::_fused_adamw_({part(flat)}, {part(gradient)}, {part(first_)}, {part(second_)}, {}, {steps_}, learning_rate,
                      config_.adam_beta1, config_.adam_beta2, weight_decay, config_.adam_epsilon,
                      /*amsgrad=*/false, /*maximize=*/false);
  };
  update(0, decayed, config_.weight_decay);
  update(decayed, flat.numel(), 0);
  gradient.zero_();
  return norm;
}

void AdamW::Restore(const at::Tensor& first, const at::Tensor& second, int64_t steps) {
  first_.copy_(first);
  second_.copy_(second);
  steps_.fill_(steps);
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
