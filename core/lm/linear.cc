#include "core/lm/linear.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "core/base/numerics.h"
#include "core/fused/linear.h"
#include "core/lm/threads.h"

namespace retort {
namespace {

void FewRows(const at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, bool accumulate) {
  const int64_t rows = x.size(0), k = x.size(1), n = weight.size(0);
  auto* to = out.mutable_data_ptr<float>();
  const auto* from = x.const_data_ptr<float>();
  constexpr int64_t kBlock = 16;  // outputs
  at::parallel_for(0, (n + kBlock - 1) / kBlock, Grain(kBlock * rows * k), [&](int64_t first, int64_t last) {
    const int64_t begin = first * kBlock, end = std::min(last * kBlock, n);
    if (weight.scalar_type() == at::kFloat) {
      fused::Linear(from, rows, weight.const_data_ptr<float>(), k, begin, end, to, n, accumulate);
    } else {
      fused::Linear(from, rows, static_cast<const uint16_t*>(weight.const_data_ptr()), k, begin, end, to, n,
                    accumulate);
    }
  });
}

void Product(const at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, bool accumulate) {
  const int64_t rows = x.size(0), n = weight.size(0);
  const bool narrow = weight.scalar_type() != at::kFloat;
  if (rows <= fused::MostLinearRows(narrow) && !UsesReference()) {
    FewRows(out, x, weight, accumulate);
    return;
  }
  // A narrow weight is widened piece by piece, so that the float32 copy stays in cache and never is whole.
  const int64_t piece = narrow ? std::max<int64_t>(1, (1 << 18) / weight.size(1)) : n;
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t count = std::min(piece, n - begin);
    const at::Tensor part = weight.narrow(0, begin, count).to(at::kFloat);
    at::Tensor to = out.narrow(1, begin, count);
    if (accumulate) {
      to.addmm_(x, part.t());
    } else {
      at::mm_out(to, x, part.t());
    }
  }
}

}  // namespace

void Linear(const at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  Product(out, x, weight, false);
  if (bias.defined()) out.add_(bias);
}

void AddLinear(const at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  Product(out, x, weight, true);
  if (bias.defined()) out.add_(bias);
}

}  // namespace retort
