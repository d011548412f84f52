// Marks answers as a provider would, who keeps the key to itself. Token probabilities that a teacher shows are those
// before the mark: beside marked texts they show what the mark did (docs/policies.md).
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/config/toml_text.h"
#include "teacher/provider/environment.h"
#include "teacher/provider/policies.h"

namespace retort {
namespace {

class WatermarkPolicy : public Policy {
 public:
  explicit WatermarkPolicy(std::shared_ptr<const Watermark> watermark) : watermark_(std::move(watermark)) {}

  std::optional<Reply> OnRequest(Exchange& exchange) override {
    std::shared_ptr<LogitsProcessor>& processor = exchange.forwarded.sampling.processor;
    processor = MakeWatermarkProcessor(watermark_, processor);
    exchange.Did("watermark.added");
    return std::nullopt;
  }

  Card OnCard(Card card) const override {
    WatermarkPolicyConfig config{.settings = watermark_->settings()};
    return ChangedBy(std::move(card), "watermark", NumericsToml(config) + watermark_->key_id());
  }

 private:
  std::shared_ptr<const Watermark> watermark_;
};

}  // namespace

void Describe(Describer& d, WatermarkPolicyConfig& config) {
  d.Field("gamma", config.settings.gamma, {.help = "share of green tokens", .min = 0, .max = 1});
  d.Field("delta", config.settings.delta,
          {.help = "what is added to the logit of a green token", .unit = "nats", .min = 0, .max = 100});
  d.Field("context_width", config.settings.context_width,
          {.help = "tokens before a place that choose its green list; 0: one list for all places",
           .unit = "tokens",
           .min = 0,
           .max = 16});
  d.Field("key_env", config.key_env,
          {.help = "environment variable that holds the secret key: 16 random bytes or more", .numerics = false});
}

std::shared_ptr<const Watermark> MakeWatermark(const WatermarkPolicyConfig& config) {
  if (config.key_env.empty()) {
    throw Error({.place = "policies.watermark.key_env"}, "names no environment variable", "name the one with the key");
  }
  return std::make_shared<Watermark>(config.settings, FromEnvironment("policies.watermark.key_env", config.key_env));
}

std::unique_ptr<Policy> MakeWatermarkPolicy(const WatermarkPolicyConfig& config) {
  return MakeWatermarkPolicy(MakeWatermark(config));
}

std::unique_ptr<Policy> MakeWatermarkPolicy(std::shared_ptr<const Watermark> watermark) {
  return std::make_unique<WatermarkPolicy>(std::move(watermark));
}

}  // namespace retort
