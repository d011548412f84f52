// So many requests a minute an account. The clock only goes forward: setting the machine's time opens nothing.
#include <cmath>
#include <memory>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/tiers.h"
#include "teacher/provider/token_buckets.h"

namespace retort {
namespace {

class RateLimitPolicy : public Policy {
 public:
  RateLimitPolicy(const RateLimitPolicyConfig& config, Clock clock)
      : rate_("policies.rate_limit.requests_a_minute", config.requests_a_minute),
        burst_(config.burst),
        buckets_(std::move(clock)) {
    if (!rate_.any()) throw Error("policies.rate_limit: limits nothing; give policies.rate_limit.requests_a_minute");
  }

  std::optional<Reply> OnArrival(Exchange& exchange) override {
    return Judge(exchange, [&](double rate) { return buckets_.Wait(exchange.account.name, rate, burst_); });
  }
  std::optional<Reply> OnRequest(Exchange& exchange) override {
    return Judge(exchange, [&](double rate) { return buckets_.Take(exchange.account.name, rate, burst_); });
  }

  bool allows_scores() const override { return true; }

 private:
  template <class Wait>
  std::optional<Reply> Judge(Exchange& exchange, const Wait& wait_at) const {
    const auto a_minute = rate_.Of(exchange.account.tier);
    if (!a_minute) return std::nullopt;
    if (*a_minute <= 0) {
      return Deny(exchange, "this account may ask nothing", {.status = 403, .code = "tier_not_allowed"});
    }
    const double wait = wait_at(*a_minute / 60);
    if (wait <= 0) return std::nullopt;
    exchange.Did("rate_limit.denied");
    return Deny(exchange, "too many requests",
                {.status = 429, .type = "requests", .code = "rate_limit_exceeded", .retry_after = std::ceil(wait)});
  }

  TierLimits rate_;
  double burst_;
  TokenBuckets buckets_;
};

}  // namespace

void Describe(Describer& d, RateLimitPolicyConfig& config) {
  d.Field("requests_a_minute", config.requests_a_minute,
          {.help = kTiersHelp, .unit = "requests", .min = -1, .max = 1e9, .numerics = false});
  d.Field("burst", config.burst,
          {.help = "requests that may come at once", .unit = "requests", .min = 1, .max = 1e9, .numerics = false});
}

std::unique_ptr<Policy> MakeRateLimitPolicy(const RateLimitPolicyConfig& config) {
  return MakeRateLimitPolicy(config, MonotonicSeconds);
}

std::unique_ptr<Policy> MakeRateLimitPolicy(const RateLimitPolicyConfig& config, std::function<double()> seconds) {
  return std::make_unique<RateLimitPolicy>(config, std::move(seconds));
}

}  // namespace retort
