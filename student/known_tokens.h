// The objective `topk` in plain LibTorch, with autograd and in any precision: the reference for
// core/fused/known_tokens.h, and what runs where adapters, bfloat16 or CUDA leave the fused path. Formula:
// docs/objectives.md.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "student/example.h"

namespace retort {

// logits: (R, V); known: R. Sum of KL(T || S) over the known tokens and one bucket for the rest; -log S(target) where
// nothing is known. targets: (R) int64.
at::Tensor KnownTokensSum(const at::Tensor& logits, std::span<const KnownTokens> known, const at::Tensor& targets);

}  // namespace retort
