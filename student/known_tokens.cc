#include "student/known_tokens.h"

#include <ATen/ATen.h>

#include <cmath>

namespace retort {

at::Tensor KnownTokensSum(const at::Tensor& logits, std::span<const KnownTokens> known, const at::Tensor& targets) {
  const at::Tensor s = at::log_softmax(logits, 1);
  at::Tensor sum = at::zeros({}, logits.options());
  for (size_t r = 0; r < known.size(); ++r) {
    const at::Tensor row = s[static_cast<int64_t>(r)];
    const auto& [ids, probabilities, rest] = known[r];
    if (ids.empty()) {
      sum = sum - row[targets[static_cast<int64_t>(r)].item<int64_t>()];
      continue;
    }
    const at::Tensor index = at::tensor(ids, at::kInt).to(at::kLong).to(logits.device());
    const at::Tensor p = at::tensor(probabilities).to(logits.options());
    sum = sum + (at::xlogy(p, p) - p * row.index_select(0, index)).sum();
    if (rest <= 0 || static_cast<int64_t>(ids.size()) >= row.numel()) continue;
    const at::Tensor others = row.index_fill(0, index, -INFINITY).logsumexp(0);
    sum = sum + rest * (std::log(rest) - others);
  }
  return sum;
}

}  // namespace retort
