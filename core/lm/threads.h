// How many threads LibTorch and our own operations use in this process, and what is worth giving to a further one.
#pragma once

#include <algorithm>
#include <cstdint>

namespace retort {

void SetThreads(int threads);

constexpr int64_t kGrain = 20000;  // operations that are worth a second thread
// For at::parallel_for over items of so many operations each.
inline int64_t Grain(int64_t operations) { return std::max<int64_t>(1, kGrain / operations); }

}  // namespace retort
