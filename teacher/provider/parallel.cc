#include "teacher/provider/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace retort {
namespace {

constexpr std::chrono::milliseconds kTick{100};

}  // namespace

bool ParallelFor(int threads, int64_t parts, const std::function<void(int64_t)>& part,
                 const std::function<bool(int64_t)>& tick) {
  if (tick && !tick(0)) return false;
  std::atomic<int64_t> next{0}, done{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::condition_variable finished;
  int running = static_cast<int>(std::clamp<int64_t>(parts, 1, std::max(1, threads)));
  std::exception_ptr failure;
  std::vector<std::jthread> workers;
  for (int w = running; w > 0; --w) {
    workers.emplace_back([&] {
      try {
        for (int64_t i = next++; i < parts && !stop; i = next++) {
          part(i);
          ++done;
        }
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        stop = true;
      }
      const std::lock_guard lock(mutex);
      --running;
      finished.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  while (!finished.wait_for(lock, kTick, [&] { return running == 0; })) {
    if (tick && !tick(done)) stop = true;
  }
  lock.unlock();
  workers.clear();
  if (failure) std::rethrow_exception(failure);
  return done == parts;
}

}  // namespace retort
