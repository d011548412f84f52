// AdamW (arXiv:1711.05101) over the flat buffer of what is trained: clipping is one norm, the update one
// fused pass: core/fused on the CPU, LibTorch's own elsewhere and as the reference.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "student/trainer.h"

namespace retort {

class AdamW {
 public:
  AdamW(Transformer& model, const TrainerConfig& config);
  // Clips, updates, zeroes the gradient. Returns the gradient's norm before clipping.
  double Step(double learning_rate);
  // State to save and restore: both moments, (P), and the number of steps made.
  const at::Tensor& first_moment() const { return first_; }
  const at::Tensor& second_moment() const { return second_; }
  void Restore(const at::Tensor& first, const at::Tensor& second, int64_t steps);

 private:
  void UpdateFused(double learning_rate, double scale);
  void UpdateReference(double learning_rate, double scale);

  Transformer& model_;
  TrainerConfig config_;
  at::Tensor first_, second_;
  int64_t steps_ = 0;
};

// The learning rate of a 0-based step: linear warm-up to the peak, then cosine, linear or constant to
// min_lr_ratio x peak at the end.
double LearningRate(const TrainerConfig& config, int64_t step, int64_t steps);

}  // namespace retort
