#include "teacher/provider/token_buckets.h"

#include <algorithm>
#include <utility>

namespace retort {
namespace {

const std::string kShared;  // the bucket of those for whom there is no room

}  // namespace

TokenBuckets::TokenBuckets(Clock clock, size_t most_buckets) : clock_(std::move(clock)), most_(most_buckets) {}

double TokenBuckets::Take(const std::string& name, double rate, double burst) {
  const std::scoped_lock lock(mutex_);
  const double now = Now();
  if (buckets_.size() >= sweep_at_) Forget(now);
  const std::string& own = buckets_.contains(name) || buckets_.size() < most_ ? name : kShared;
  Bucket& bucket = buckets_[own] = Filled(own, now, rate, burst);
  if (bucket.level < 1) return (1 - bucket.level) / rate;
  bucket.level -= 1;
  return 0;
}

double TokenBuckets::Wait(const std::string& name, double rate, double burst) const {
  const std::scoped_lock lock(mutex_);
  const bool is_own = buckets_.contains(name) || buckets_.size() < most_;
  const Bucket bucket = Filled(is_own ? name : kShared, Now(), rate, burst);
  return bucket.level < 1 ? (1 - bucket.level) / rate : 0;
}

double TokenBuckets::Now() const { return last_ = std::max(last_, clock_()); }

TokenBuckets::Bucket TokenBuckets::Filled(const std::string& name, double now, double rate, double burst) const {
  const auto found = buckets_.find(name);
  if (found == buckets_.end()) return {burst, now, rate, burst};
  const Bucket& bucket = found->second;
  return {std::min(burst, bucket.level + (now - bucket.at) * rate), now, rate, burst};
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
