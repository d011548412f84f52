#include <algorithm>
#include <cmath>

#include "core/config/toml_text.h"
#include "teacher/provider/environment.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/secret_seeds.h"

namespace retort {
namespace {

class LogprobsPolicy : public Policy {
 public:
  explicit LogprobsPolicy(const LogprobsPolicyConfig& config)
      : config_(config),
        seeds_(config.seed_key_env.empty()
                   ? SecretSeeds()
                   : SecretSeeds(FromEnvironment("policies.logprobs.seed_key_env", config.seed_key_env))) {}

  std::optional<Reply> OnRequest(Exchange& exchange) override {
    int& asked = exchange.forwarded.sampling.top_logprobs;
    asked = std::min(asked, config_.top_k);
    // In this process whoever asks has the weights, or could; and experiments draw the same answers in every process.
    if (!config_.seed_key_env.empty() || exchange.caller.endpoint != kInProcess) seeds_.Apply(exchange);
    return std::nullopt;
  }

  // The teacher may give more than it was asked for: a replayed file has what it has.
  void OnReply(Exchange& exchange, Reply& reply) override {
    const int asked = exchange.asked.sampling.top_logprobs, top = std::min(config_.top_k, asked);
    if (asked > top && reply.error.empty()) exchange.Did("logprobs.cut");
    if (top < 0) reply.logprobs.clear();
    for (TokenLogprob& token : reply.logprobs) {
      token.logprob = Rounded(token.logprob);
      if (token.top.size() > static_cast<size_t>(top)) token.top.resize(static_cast<size_t>(top));
      for (TokenLogprob::Top& other : token.top) other.logprob = Rounded(other.logprob);
      // Of equal rounded values the order would still tell which is the larger one.
      if (config_.round_to > 0) {
        std::ranges::sort(token.top, [](const auto& a, const auto& b) {
          return a.logprob != b.logprob ? a.logprob > b.logprob : a.bytes < b.bytes;
        });
      }
    }
  }

  Card OnCard(Card card) const override {
    const std::string key = config_.seed_key_env.empty() ? "" : "seeds " + seeds_.key_id() + "\n";
    card = ChangedBy(std::move(card), "logprobs", NumericsToml(config_) + key);
    if (config_.top_k < 0) card.reveals = "text";
    return card;
  }

 private:
  double Rounded(double logprob) const {
    if (config_.round_to <= 0 || !std::isfinite(logprob)) return logprob;
    return std::min(0.0, std::round(logprob / config_.round_to) * config_.round_to);
  }

  LogprobsPolicyConfig config_;
  SecretSeeds seeds_;
};

}  // namespace

void Describe(Describer& d, LogprobsPolicyConfig& config) {
  d.Field("top_k", config.top_k,
          {.help = "what is shown of probabilities: -1 nothing, 0 the chosen token's, k also the k most likely",
           .unit = "tokens",
           .min = -1,
           .max = 20});
  d.Field("round_to", config.round_to,
          {.help = "log-probabilities are rounded to multiples of this; 0: not", .unit = "nats", .min = 0, .max = 100});
  d.Field(
      "seed_key_env", config.seed_key_env,
      {.help = "environment variable with a secret, 16 random bytes or more, that seeds of requests are mixed with; "
               "empty: over HTTP one of this process, so that seeds hold as long as it runs",
       .numerics = false});
}

std::unique_ptr<Policy> MakeLogprobsPolicy(const LogprobsPolicyConfig& config) {
  return std::make_unique<LogprobsPolicy>(config);
}

}  // namespace retort
