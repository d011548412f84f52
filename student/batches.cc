#include "student/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "core/base/random.h"

namespace retort {

constexpr int kWindow = 8;  // batches: wide enough to save most padding, narrow enough to keep epochs mixed

BatchPlan::BatchPlan(std::vector<int> lengths, int batch_size, uint64_t seed)
    : lengths_(std::move(lengths)), seed_(seed) {
  assert(!lengths_.empty() && batch_size > 0);
  batches_ = (static_cast<int>(lengths_.size()) + batch_size - 1) / batch_size;
}

const std::vector<int>& BatchPlan::Batch(int64_t step) {
  if (step / batches_ != epoch_) MakeEpoch(step / batches_);
  return order_[static_cast<size_t>(step % batches_)];
}

void BatchPlan::MakeEpoch(int64_t epoch) {
  epoch_ = epoch;
  RandomStream random(seed_, fmt::format("trainer/epoch/{}", epoch));
  std::vector<int> examples(lengths_.size());
  std::iota(examples.begin(), examples.end(), 0);
  random.Shuffle(examples);
  const auto bound = [&](int batch) {  // first example of a batch; sizes differ by at most one
    return examples.begin() + static_cast<std::ptrdiff_t>(examples.size()) * batch / batches_;
  };
  order_.clear();
  for (int first = 0; first < batches_; first += kWindow) {
    const int last = std::min(first + kWindow, batches_);
    std::stable_sort(bound(first), bound(last),
                     [&](int a, int b) { return lengths_[static_cast<size_t>(a)] < lengths_[static_cast<size_t>(b)]; });
    for (int b = first; b < last; ++b) order_.emplace_back(bound(b), bound(b + 1));
  }
  random.Shuffle(order_);
}

}  // namespace retort
