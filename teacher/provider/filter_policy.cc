#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/config/toml_text.h"
#include "core/data/answer_pattern.h"
#include "core/data/folds.h"
#include "teacher/provider/policies.h"

namespace retort {
namespace {

class FilterPolicy : public Policy {
 public:
  explicit FilterPolicy(const FilterPolicyConfig& config) : config_(config) {
    if (config.patterns.empty() && config.skills.empty()) {
      throw Error("policies.filter: refuses nothing; give policies.filter.patterns or policies.filter.skills");
    }
    for (const std::string& pattern : config.patterns) patterns_.emplace_back("(" + pattern + ")");
    for (const std::string& skill : config.skills) FindFoldOp(skill);
  }

  std::optional<Reply> OnRequest(Exchange& exchange) override {
    if (!Refuses(exchange.asked.prompt)) return std::nullopt;
    exchange.Did("filter.refused");
    if (config_.answer.empty()) {
      return Deny(exchange, "refused by the provider's filter", {.status = 403, .code = "content_filter"});
    }
    return Reply{.id = exchange.asked.id,
                 .attempt = exchange.asked.attempt,
                 .completion = AnswerTo(exchange.asked.prompt, config_.answer),
                 .finish_reason = "stop"};
  }

  Card OnCard(Card card) const override { return ChangedBy(std::move(card), "filter", NumericsToml(config_)); }

 private:
  bool Refuses(const std::vector<Message>& prompt) const {
    std::string text;
    for (const Message& message : prompt) text += message.content + "\n";
    if (std::ranges::any_of(patterns_, [&](const AnswerPattern& pattern) { return pattern.Last(text).has_value(); })) {
      return true;
    }
    if (config_.skills.empty()) return false;
    return std::ranges::any_of(prompt, [&](const Message& message) {
      const auto fold = ParseFoldPrompt(message.content);
      return fold && std::ranges::find(config_.skills, fold->op) != config_.skills.end();
    });
  }

  FilterPolicyConfig config_;
  std::vector<AnswerPattern> patterns_;
};

}  // namespace

void Describe(Describer& d, FilterPolicyConfig& config) {
  d.Field("patterns", config.patterns, {.help = "PCRE2 patterns: a prompt that has one is refused"});
  d.Field("skills", config.skills, {.help = "operations of digit folds that are refused: a withheld capability"});
  d.Field("answer", config.answer,
          {.help = "what a refused prompt gets as an answer; empty: its request fails, and is not sent again"});
}

std::unique_ptr<Policy> MakeFilterPolicy(const FilterPolicyConfig& config) {
  return std::make_unique<FilterPolicy>(config);
}

Card ChangedBy(Card card, std::string_view policy, const std::string& settings) {
  card.identity += fmt::format(" {}={}", policy, Sha256Hex(settings).substr(0, 16));
  if (card.reveals == "logits") card.reveals = "top logprobs";
  return card;
}

}  // namespace retort
