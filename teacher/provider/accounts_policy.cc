// Nobody without a key: finds the account behind the one presented, and holds it to what its tier may ask for. An
// account that asks for more than that is told so; it is not silently served less. A limit of probabilities, be it the
// chosen token's alone, takes with it all that would give any token's: scoring a given text makes every token the
// chosen one, a bias moves the chosen one at will, and a seed whose random numbers are known tells it by what is drawn.
#include <algorithm>
#include <memory>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "teacher/provider/accounts.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/secret_seeds.h"
#include "teacher/provider/tiers.h"

namespace retort {
namespace {

class AccountsPolicy : public Policy {
 public:
  explicit AccountsPolicy(const AccountsPolicyConfig& config)
      : models_(config.models), top_logprobs_("policies.accounts.top_logprobs", config.top_logprobs) {
    if (config.file.empty()) {
      throw Error({.place = "policies.accounts.file"}, "names no file of accounts", "make one with build/account");
    }
    if (!models_.empty() && models_.size() != kTiers.size()) {
      throw Error({.place = "policies.accounts.models"}, "is no list of five lists",
                  "give one each for who is not known, email, phone, document, business");
    }
    accounts_.emplace(config.file, MonotonicSeconds);
  }

  // Finds the account.
  std::optional<Reply> OnArrival(Exchange& exchange) override {
    if (exchange.caller.key.empty()) {
      return Deny(exchange, "no API key: send it as \"Authorization: Bearer <key>\"",
                  {.status = 401, .code = "missing_api_key"});
    }
    auto account = accounts_->Current()->Find(exchange.caller.key);
    if (!account) return Deny(exchange, "this API key is not known", {.status = 401, .code = "invalid_api_key"});
    exchange.account = std::move(*account);
    return std::nullopt;
  }

  std::optional<Reply> OnRequest(Exchange& exchange) override {
    if (auto denied = OnArrival(exchange)) return denied;
    const std::string& tier = exchange.account.tier;
    if (!models_.empty() && exchange.choices > 0) {
      const auto& allowed = models_[TierIndex(tier).value_or(0)];
      if (!allowed.empty() && std::ranges::find(allowed, exchange.model) == allowed.end()) {
        return Deny(exchange, "this account may not use that model", {.status = 403, .code = "model_not_allowed"});
      }
    }
    // One above the largest k that is shown: asking for none is -1.
    const auto shown = top_logprobs_.Of(tier);
    if (shown && exchange.asked.sampling.top_logprobs + 1 > *shown) {
      return Deny(exchange, "this account is not shown so many probabilities",
                  {.status = 403, .code = "logprobs_not_allowed"});
    }
    if (shown && (exchange.scores_prompt || exchange.steers_logits)) {
      return Deny(exchange, "this account may neither score given texts nor steer logits",
                  {.status = 403, .code = "logprobs_not_allowed"});
    }
    if (shown && exchange.caller.endpoint != kInProcess) seeds_.Apply(exchange);
    return std::nullopt;
  }

  bool allows_scores() const override { return true; }

 private:
  std::vector<std::vector<std::string>> models_;
  TierLimits top_logprobs_;
  SecretSeeds seeds_;
  std::optional<LiveAccounts> accounts_;
};

}  // namespace

void Describe(Describer& d, AccountsPolicyConfig& config) {
  d.Field("file", config.file,
          {.help = "accounts and hashed keys, one line of JSON a key; build/account makes it", .numerics = false});
  d.Field("models", config.models,
          {.help = "models that each tier may use: lists for who is not known, email, phone, document, business; an "
                   "empty one: all",
           .numerics = false});
  d.Field("top_logprobs", config.top_logprobs,
          {.help = "what each tier may ask of probabilities: 0 none, 1 the chosen token's, k + 1 also of the k most "
                   "likely; one number for all, or one each for who is not known, email, phone, document, business; "
                   "-1: no limit. Whoever has a limit scores no given text and steers no logits",
           .min = -1,
           .max = 21,
           .numerics = false});
}

std::unique_ptr<Policy> MakeAccountsPolicy(const AccountsPolicyConfig& config) {
  return std::make_unique<AccountsPolicy>(config);
}

}  // namespace retort
