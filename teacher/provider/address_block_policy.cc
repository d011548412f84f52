// Where requests may come from, and how many from one place. Stands outside the accounts, so that it also slows who
// tries keys. A request of this process has no address, and passes.
#include <cmath>
#include <memory>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "teacher/provider/ip_address.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/token_buckets.h"

namespace retort {
namespace {

class AddressBlockPolicy : public Policy {
 public:
  AddressBlockPolicy(const AddressBlockPolicyConfig& config, Clock clock)
      : rate_(config.requests_a_minute / 60),
        burst_(config.burst),
        v6_prefix_(config.v6_prefix),
        buckets_(std::move(clock)) {
    if (config.deny_file.empty() && config.allow_file.empty() && config.requests_a_minute <= 0) {
      throw Error("policies.address_block: blocks nothing; give deny_file, allow_file or requests_a_minute");
    }
    if (!config.deny_file.empty()) denied_ = ReadCidrs(config.deny_file);
    if (!config.allow_file.empty()) allowed_ = ReadCidrs(config.allow_file);
  }

  std::optional<Reply> OnArrival(Exchange& exchange) override {
    return Judge(exchange, [&](const std::string& caller) { return buckets_.Wait(caller, rate_, burst_); });
  }
  std::optional<Reply> OnRequest(Exchange& exchange) override {
    return Judge(exchange, [&](const std::string& caller) { return buckets_.Take(caller, rate_, burst_); });
  }

  bool allows_scores() const override { return true; }

 private:
  template <class Wait>
  std::optional<Reply> Judge(Exchange& exchange, const Wait& wait_of) const {
    if (exchange.caller.address.empty()) return std::nullopt;
    const auto address = ParseIp(exchange.caller.address);
    if (!address || denied_.Contains(*address) || (allowed_ && !allowed_->Contains(*address))) {
      exchange.Did("address.blocked");
      return Deny(exchange, "requests from this address are not accepted", {.status = 403, .code = "address_blocked"});
    }
    if (rate_ <= 0) return std::nullopt;
    const double wait = wait_of(AddressGroup(*address, v6_prefix_));
    if (wait <= 0) return std::nullopt;
    exchange.Did("address.too_many");
    return Deny(exchange, "too many requests from this address",
                {.status = 429, .type = "requests", .code = "rate_limit_exceeded", .retry_after = std::ceil(wait)});
  }

  CidrSet denied_;
  std::optional<CidrSet> allowed_;
  double rate_, burst_;
  int v6_prefix_;
  TokenBuckets buckets_;
};

}  // namespace

void Describe(Describer& d, AddressBlockPolicyConfig& config) {
  d.Field("deny_file", config.deny_file,
          {.help = "networks that are refused, one a line: 192.0.2.0/24, 2001:db8::/32", .numerics = false});
  d.Field("allow_file", config.allow_file,
          {.help = "networks that alone may ask, less those denied; empty: all", .numerics = false});
  d.Field("requests_a_minute", config.requests_a_minute,
          {.help = "from one v4 address, or one v6 network of v6_prefix bits; 0: no limit",
           .unit = "requests",
           .min = 0,
           .max = 1e9,
           .numerics = false});
  d.Field("burst", config.burst,
          {.help = "requests that may come at once", .unit = "requests", .min = 1, .max = 1e9, .numerics = false});
  d.Field("v6_prefix", config.v6_prefix,
          {.help = "the v6 network that counts as one caller: 64 a subnet, 56 or 48 all that a site is often given",
           .unit = "bits",
           .min = 16,
           .max = 128,
           .numerics = false});
}

std::unique_ptr<Policy> MakeAddressBlockPolicy(const AddressBlockPolicyConfig& config) {
  return MakeAddressBlockPolicy(config, MonotonicSeconds);
}

std::unique_ptr<Policy> MakeAddressBlockPolicy(const AddressBlockPolicyConfig& config,
                                               std::function<double()> seconds) {
  return std::make_unique<AddressBlockPolicy>(config, std::move(seconds));
}

}  // namespace retort
