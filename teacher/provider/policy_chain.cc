#include "teacher/provider/policy_chain.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace retort {

void Exchange::Did(const std::string& action) {
  if (std::ranges::find(actions, action) == actions.end()) actions.push_back(action);
}

void Exchange::Measure() {
  if (const auto once = std::exchange(measure, nullptr)) once(*this);
}

Reply Deny(Exchange& exchange, std::string error, Denial denial) {
  Reply reply{.id = exchange.asked.id, .attempt = exchange.asked.attempt, .error = std::move(error)};
  reply.refused = denial.retry_after <= 0;
  exchange.denial = std::move(denial);
  return reply;
}

PolicyChain::PolicyChain(std::vector<std::unique_ptr<Policy>> policies, Opens opens) : policies_(std::move(policies)) {
  if (opens == Opens::kWhenAsked) return;
  for (const auto& policy : policies_) policy->OnStart();
}

Card PolicyChain::OnCard(Card card) const {
  for (const auto& policy : policies_) card = policy->OnCard(std::move(card));
  return card;
}

bool PolicyChain::allows_scores() const { return std::ranges::all_of(policies_, &Policy::allows_scores); }

bool PolicyChain::needs_whole_reply() const { return std::ranges::any_of(policies_, &Policy::needs_whole_reply); }

Visit::Visit(const PolicyChain& chain, Exchange exchange)
    : chain_(chain), exchange_(std::move(exchange)), reached_(chain.policies_.size()) {}

Visit::~Visit() {
  if (over_) return;
  try {
    Settle(499);
  } catch (const std::exception&) {  // nobody is left who could be told
  }
}

std::optional<Reply> Visit::Arrive() {
  Exchange look = exchange_;
  std::optional<Reply> seen;
  for (size_t i = chain_.policies_.size(); i > 0 && !seen; --i) seen = chain_.policies_[i - 1]->OnArrival(look);
  if (!seen) return std::nullopt;
  // A policy further out has to count who knocks in vain.
  if (auto reply = Enter()) return reply;
  exchange_.denial = look.denial;  // of which nothing is left just now
  return seen;
}

std::optional<Reply> Visit::Enter() {
  while (reached_ > 0) {
    Policy& policy = *chain_.policies_[reached_ - 1];
    std::optional<Reply> reply;
    if ((exchange_.scores_prompt || exchange_.steers_logits) && !policy.allows_scores()) {
      reply = Deny(exchange_,
                   exchange_.scores_prompt ? "probabilities of a given text are not shown"
                                           : "logits cannot be biased or penalised",
                   {.status = 403, .code = "not_offered"});
    } else {
      reply = policy.OnRequest(exchange_);
    }
    if (reply) {
      PassOut(*reply);
      return reply;
    }
    --reached_;
  }
  return std::nullopt;
}

void Visit::Show(Reply& reply) { PassOut(reply); }

void Visit::End() { Settle(exchange_.denial ? exchange_.denial->status : failed_ != 0 ? failed_ : 200); }

void Visit::PassOut(Reply& reply) {
  if (!reply.error.empty()) failed_ = reply.refused ? 403 : 500;
  for (size_t i = reached_; i < chain_.policies_.size(); ++i) chain_.policies_[i]->OnReply(exchange_, reply);
  if (!reply.finish_reason.empty()) exchange_.finish_reason = reply.finish_reason;
}

void Visit::Settle(int status) {
  over_ = true;
  exchange_.status = status;
  std::exception_ptr first;
  for (size_t i = reached_; i < chain_.policies_.size(); ++i) {
    try {
      chain_.policies_[i]->OnEnd(exchange_);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace retort
