#include "teacher/provider/token_buckets.h"

#include <algorithm>
#include <utility>

namespace retort {

TokenBuckets::TokenBuckets(Clock clock, size_t most_buckets) : clock_(std::move(clock)), most_(most_buckets) {}

double TokenBuckets::Take(const std::string& name, double rate, double burst) {
  const std::scoped_lock lock(mutex_);
  last_ = std::max(last_, clock_());
  const double now = last_;
  if (buckets_.size() >= sweep_at_) Forget(now);
  auto found = buckets_.find(name);
  if (found == buckets_.end()) {
    found = buckets_.try_emplace(buckets_.size() < most_ ? name : "", Bucket{burst, now, rate, burst}).first;
  }
  Bucket& bucket = found->second;
  bucket = {std::min(burst, bucket.level + (now - bucket.at) * rate), now, rate, burst};
  if (bucket.level < 1) return (1 - bucket.level) / rate;
  bucket.level -= 1;
  return 0;
}

size_t TokenBuckets::size() const {
  const std::scoped_lock lock(mutex_);
  return buckets_.size();
}

void TokenBuckets::Forget(double now) {
  std::erase_if(buckets_, [now](const auto& entry) {
    const Bucket& bucket = entry.second;
    return bucket.level + (now - bucket.at) * bucket.rate >= bucket.burst;
  });
  sweep_at_ = std::max<size_t>(1024, 2 * buckets_.size());
}

}  // namespace retort
