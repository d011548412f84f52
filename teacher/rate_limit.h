// A limit of our own on how much is sent a minute: a bucket that fills steadily. In no minute passes more than the
// limit, but for a single thing larger than the bucket.
#pragma once

#include <algorithm>

namespace retort {

class RateLimit {
 public:
  // `per_minute` <= 0: no limit. `burst`: the share of a minute's worth that may go at once.
  RateLimit(double per_minute, double burst, double least)
      : capacity_(std::max(least, per_minute * burst)),
        per_second_((per_minute - capacity_) / 60),
        level_(capacity_),
        limited_(per_minute > 0) {
    if (per_second_ <= 0) per_second_ = per_minute / 60;
  }

  // Seconds until `amount` may pass, at time `now`.
  double Wait(double amount, double now) {
    if (!limited_) return 0;
    Fill(now);
    return std::max(0.0, (std::min(amount, capacity_) - level_) / per_second_);
  }
  void Take(double amount) { level_ -= amount; }
  void GiveBack(double amount) { level_ = std::min(capacity_, level_ + amount); }

 private:
  void Fill(double now) {
    if (last_ > 0) level_ = std::min(capacity_, level_ + (now - last_) * per_second_);
    last_ = now;
  }
  double capacity_, per_second_, level_, last_ = 0;
  bool limited_;
};

}  // namespace retort
