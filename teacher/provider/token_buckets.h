// Rate limits: one bucket a name, which holds up to `burst` and fills at a steady rate by a clock that never goes back.
// A bucket that is full again is forgotten, which changes nothing; so memory is bounded by the names of the last refill
// time. Beyond a million of them, names that are new share one bucket.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace retort {

using Clock = std::function<double()>;  // seconds since any fixed moment

class TokenBuckets {
 public:
  explicit TokenBuckets(Clock clock, size_t most_buckets = 1'000'000);

  // Takes one from the bucket of `name`. Returns 0, or the seconds until there is one to take. rate: a second, > 0;
  // burst >= 1.
  double Take(const std::string& name, double rate, double burst);
  // What Take would return; takes nothing.
  double Wait(const std::string& name, double rate, double burst) const;
  size_t size() const;

 private:
  struct Bucket {
    double level, at, rate, burst;
  };
  double Now() const;
  Bucket Filled(const std::string& name, double now, double rate, double burst) const;
  void Forget(double now);

  mutable std::mutex mutex_;
  Clock clock_;
  size_t most_, sweep_at_ = 1024;
  mutable double last_ = 0;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace retort
