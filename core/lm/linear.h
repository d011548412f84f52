// x W^T with a weight in the type in which it is stored, for decoding: our own product where few rows leave it bound by
// reading the weight, LibTorch's where many rows make it bound by arithmetic.
#pragma once

#include <ATen/core/Tensor.h>

namespace retort {

// out = x weight^T + bias. x: (R, K) float32; weight: (N, K) float32 or bfloat16; bias: (N) float32 or not defined;
// out: (R, N) float32.
void Linear(const at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
// out += the same.
void AddLinear(const at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace retort
