// The terms under which answers are given: on the teacher's card, by version in each response, and, where it is wanted,
// only for accounts that accepted this version.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/base/error.h"
#include "teacher/provider/policies.h"

namespace retort {
namespace {

class TermsPolicy : public Policy {
 public:
  explicit TermsPolicy(const TermsPolicyConfig& config) : config_(config) {
    const auto plain = [](char c) { return c > ' ' && c < '\x7f'; };
    if (config.version.empty() || config.version.size() > 100 || !std::ranges::all_of(config.version, plain)) {
      throw Error({.place = "policies.terms.version"}, "is no version", "take a word such as 2026-11");
    }
  }

  std::optional<Reply> OnArrival(Exchange& exchange) override { return OnRequest(exchange); }
  std::optional<Reply> OnRequest(Exchange& exchange) override {
    exchange.headers.emplace_back("x-terms-version", config_.version);
    if (!config_.must_accept || exchange.account.terms_version == config_.version) return std::nullopt;
    exchange.Did("terms.not_accepted");
    return Deny(exchange, fmt::format("the terms {} have to be accepted first", config_.version),
                {.status = 403, .code = "terms_not_accepted"});
  }

  Card OnCard(Card card) const override {
    card.terms = config_.text.empty() ? "version " + config_.version
                                      : fmt::format("{} (version {})", config_.text, config_.version);
    if (!config_.training_allowed.empty()) card.training_allowed = config_.training_allowed;
    return card;
  }
  bool allows_scores() const override { return true; }

 private:
  TermsPolicyConfig config_;
};

}  // namespace

void Describe(Describer& d, TermsPolicyConfig& config) {
  d.Field("version", config.version, {.help = "of the terms; a header of each response names it", .numerics = false});
  d.Field("text", config.text, {.help = "a URL or one line, on the teacher's card", .numerics = false});
  d.Field("training_allowed", config.training_allowed,
          {.help = "whether answers may teach other models, on the teacher's card; empty: as it says",
           .choices = {"", "yes", "no", "with disclosure", "unknown"},
           .numerics = false});
  d.Field("must_accept", config.must_accept,
          {.help = "only accounts that accepted this version are answered", .numerics = false});
}

std::unique_ptr<Policy> MakeTermsPolicy(const TermsPolicyConfig& config) {
  return std::make_unique<TermsPolicy>(config);
}

}  // namespace retort
