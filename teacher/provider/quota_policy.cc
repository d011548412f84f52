// So many requests and tokens a day and a month. What a request could cost is held before the teacher is asked, for all
// its choices, and put right when it is over; so an account cannot run over by asking much at once, nor by hanging up.
// One who leaves early pays for what was made, one whose prompt was estimated for what it was.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/config/toml_text.h"
#include "teacher/provider/charges.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/tiers.h"

namespace retort {
namespace {

// Where nobody has counted the prompt: a token has a byte at least, and a chat format adds some a message.
constexpr int64_t kTokensAMessage = 16;

int64_t MostPromptTokens(const Exchange& exchange) {
  if (exchange.prompt_tokens >= 0) return exchange.prompt_tokens;
  int64_t most = kTokensAMessage;
  for (const Message& message : exchange.asked.prompt) {
    most += static_cast<int64_t>(message.content.size()) + kTokensAMessage;
  }
  return most;
}

class QuotaPolicy : public Policy {
 public:
  QuotaPolicy(const QuotaPolicyConfig& config, Charges::WallClock clock)
      : config_(config),
        clock_(std::move(clock)),
        requests_a_day_("policies.quota.requests_a_day", config.requests_a_day),
        requests_a_month_("policies.quota.requests_a_month", config.requests_a_month),
        tokens_a_day_("policies.quota.tokens_a_day", config.tokens_a_day),
        tokens_a_month_("policies.quota.tokens_a_month", config.tokens_a_month) {
    if (!requests_a_day_.any() && !requests_a_month_.any() && !tokens_a_day_.any() && !tokens_a_month_.any()) {
      throw Error(
          "policies.quota: limits nothing; give requests_a_day, requests_a_month, tokens_a_day or "
          "tokens_a_month");
    }
    if (config.file.empty()) throw Error("policies.quota.file: is empty; give a file for the charges");
  }

  void OnStart() override { Open(); }

  std::optional<Reply> OnRequest(Exchange& exchange) override {
    if (exchange.choices == 0) return std::nullopt;
    exchange.Measure();
    int& most = exchange.forwarded.sampling.max_new_tokens;
    if (most <= 0) most = config_.default_max_tokens;
    const int64_t tokens = MostPromptTokens(exchange) + int64_t{most} * exchange.choices;
    const std::string& tier = exchange.account.tier;
    Open();
    const Charges::Held held = charges_->Hold(exchange.account.name, tokens,
                                              {.requests_a_day = requests_a_day_.Of(tier),
                                               .requests_a_month = requests_a_month_.Of(tier),
                                               .tokens_a_day = tokens_a_day_.Of(tier),
                                               .tokens_a_month = tokens_a_month_.Of(tier)});
    if (held.tokens) exchange.headers.emplace_back("x-ratelimit-remaining-tokens", fmt::format("{:.0f}", *held.tokens));
    if (!held.granted) {
      exchange.Did("quota.denied");
      return Deny(exchange, "the account's quota does not cover this request",
                  {.status = 429,
                   .type = "insufficient_quota",
                   .code = "insufficient_quota",
                   .retry_after = std::ceil(held.retry_after)});
    }
    const std::scoped_lock lock(mutex_);
    held_.emplace(&exchange, Holding{held, tokens});
    return std::nullopt;
  }

  void OnEnd(Exchange& exchange) override {
    Holding holding;
    {
      const std::scoped_lock lock(mutex_);
      const auto found = held_.find(&exchange);
      if (found == held_.end()) return;
      holding = found->second;
      held_.erase(found);
    }
    charges_->Settle(exchange.account.name, holding.held, exchange.spent.Total() - holding.tokens);
  }

  Card OnCard(Card card) const override { return ChangedBy(std::move(card), "quota", NumericsToml(config_)); }
  bool allows_scores() const override { return true; }

 private:
  struct Holding {
    Charges::Held held;
    int64_t tokens = 0;
  };

  void Open() {
    const std::scoped_lock lock(mutex_);
    if (!charges_) charges_.emplace(config_.file, clock_, config_.sync == "each");
  }

  QuotaPolicyConfig config_;
  Charges::WallClock clock_;
  TierLimits requests_a_day_, requests_a_month_, tokens_a_day_, tokens_a_month_;
  std::mutex mutex_;
  std::optional<Charges> charges_;
  std::unordered_map<const Exchange*, Holding> held_;
};

}  // namespace

void Describe(Describer& d, QuotaPolicyConfig& config) {
  const auto limit = [&](std::string_view name, std::vector<double>& value, std::string_view unit) {
    d.Field(name, value, {.help = kTiersHelp, .unit = unit, .min = -1, .numerics = false});
  };
  limit("requests_a_day", config.requests_a_day, "requests");
  limit("requests_a_month", config.requests_a_month, "requests");
  limit("tokens_a_day", config.tokens_a_day, "tokens");
  limit("tokens_a_month", config.tokens_a_month, "tokens");
  d.Field("default_max_tokens", config.default_max_tokens,
          {.help = "what an answer may have at most whose request names no limit", .unit = "tokens", .min = 1});
  d.Field("file", config.file, {.help = "journal of charges; one process at a time counts in it", .numerics = false});
  d.Field("sync", config.sync,
          {.help = "whether each charge waits for the disk (each), and so survives a power cut, or only the end of the "
                   "process (never)",
           .choices = {"never", "each"},
           .numerics = false});
}

std::unique_ptr<Policy> MakeQuotaPolicy(const QuotaPolicyConfig& config) {
  return MakeQuotaPolicy(config, UtcMilliseconds);
}

std::unique_ptr<Policy> MakeQuotaPolicy(const QuotaPolicyConfig& config, std::function<int64_t()> utc_ms) {
  return std::make_unique<QuotaPolicy>(config, std::move(utc_ms));
}

}  // namespace retort
