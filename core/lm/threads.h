// How many threads LibTorch and our own operations use in this process, and what is worth giving to a further one.
#pragma once

#include <algorithm>
#include <cstdint>

namespace retort {

void SetThreads(int threads);
int Threads();
// As many until it ends, for work whose last bits must not depend on what the process uses beside.
class ThreadsScope {
 public:
  explicit ThreadsScope(int threads) : before_(Threads()) { SetThreads(threads); }
  ~ThreadsScope() { SetThreads(before_); }
  ThreadsScope(const ThreadsScope&) = delete;
  ThreadsScope& operator=(const ThreadsScope&) = delete;

 private:
  int before_;
};

constexpr int64_t kGrain = 20000;  // operations that are worth a second thread
// For at::parallel_for over items of so many operations each.
inline int64_t Grain(int64_t operations) { return std::max<int64_t>(1, kGrain / operations); }

}  // namespace retort
