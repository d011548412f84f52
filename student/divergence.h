// The objectives in plain LibTorch, with autograd and in any precision: the reference for core/fused/divergence.h, and
// what runs where adapters, bfloat16 or CUDA leave the fused path. Formulas and sources: docs/objectives.md.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/fused/divergence.h"
#include "student/objective.h"

namespace retort {

// Of fkl, rkl, jsd, skew_fkl, skew_rkl.
fused::Divergence DivergenceOf(const ObjectiveConfig& config);
// What config.temperature_squared_scaling multiplies the loss by.
double TemperatureScale(const ObjectiveConfig& config);

// logits of student and teacher: (R, V). Sum over the rows, in nats, with TemperatureScale.
at::Tensor DivergenceSum(const ObjectiveConfig& config, const at::Tensor& student, const at::Tensor& teacher);

// margins: (P), log S/S0 of the chosen answer less that of the rejected one. Sum of DPO's loss (arXiv:2305.18290, with
// the smoothing of cDPO).
at::Tensor PreferenceSum(const ObjectiveConfig& config, const at::Tensor& margins);

}  // namespace retort
