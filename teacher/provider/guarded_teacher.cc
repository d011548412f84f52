#include "teacher/provider/guarded_teacher.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/error.h"

namespace retort {
namespace {

class GuardedTeacher : public Teacher {
 public:
  GuardedTeacher(std::unique_ptr<Teacher> teacher, std::vector<std::unique_ptr<Policy>> policies)
      : teacher_(std::move(teacher)), policies_(std::move(policies)) {}

  Card card() const override {
    Card card = teacher_->card();
    for (const auto& policy : policies_) card = policy->OnCard(std::move(card));
    return card;
  }

  bool UseLedger(Ledger* ledger) override { return teacher_->UseLedger(ledger); }

  LikelihoodScorer* scorer() override {
    return std::ranges::all_of(policies_, &Policy::allows_scores) ? teacher_->scorer() : nullptr;
  }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    std::vector<Request> forwarded;
    // Several requests may bear the same name: their replies are told apart by their order only.
    std::multimap<std::pair<std::string, int>, Exchange> waiting;
    for (const Request& request : requests) {
      Exchange exchange{.asked = request, .forwarded = request, .actions = {}};
      bool answered = false;
      for (size_t i = policies_.size(); i > 0 && !answered; --i) {
        if (auto reply = policies_[i - 1]->OnRequest(exchange)) {
          answered = true;
          PassOut(exchange, *reply, i);
          if (!on_reply(std::move(*reply))) return;
        }
      }
      if (answered) continue;
      forwarded.push_back(exchange.forwarded);
      waiting.emplace(std::pair(request.id, request.attempt), std::move(exchange));
    }
    if (forwarded.empty()) return;
    teacher_->Ask(forwarded, [&](Reply reply) {
      const auto found = waiting.find({reply.id, reply.attempt});
      if (found == waiting.end()) {  // nobody asked for it, so no policy knows it: nothing of it is shown
        return on_reply({.id = reply.id, .attempt = reply.attempt, .error = "the teacher answered what nobody asked"});
      }
      Exchange exchange = std::move(found->second);
      waiting.erase(found);
      PassOut(exchange, reply, 0);
      return on_reply(std::move(reply));
    });
  }

 private:
  void PassOut(Exchange& exchange, Reply& reply, size_t first) {
    for (size_t i = first; i < policies_.size(); ++i) policies_[i]->OnReply(exchange, reply);
  }

  std::unique_ptr<Teacher> teacher_;
  std::vector<std::unique_ptr<Policy>> policies_;
};

std::unique_ptr<Policy> MakePolicy(const std::string& name, const PoliciesConfig& config) {
  if (name == "filter") return MakeFilterPolicy(config.filter);
  if (name == "logprobs") return MakeLogprobsPolicy(config.logprobs);
  if (name == "hide_reasoning") return MakeHideReasoningPolicy(config.hide_reasoning);
  if (name == "log") return MakeLogPolicy(config.log);
  throw Error(
      fmt::format("policies.use: there is no policy {}; there are filter logprobs hide_reasoning log", Excerpt(name)));
}

}  // namespace

void Describe(Describer& d, PoliciesConfig& config) {
  d.Field("use", config.use,
          {.help = "what stands between the teacher and who asks, from the teacher outwards",
           .choices = {"filter", "logprobs", "hide_reasoning", "log"}});
  d.Group("filter", config.filter, "refuses prompts");
  d.Group("logprobs", config.logprobs, "cuts and rounds token probabilities");
  d.Group("hide_reasoning", config.hide_reasoning, "shows answers without the way to them");
  d.Group("log", config.log, "writes a request log");
}

std::vector<std::unique_ptr<Policy>> MakePolicies(const PoliciesConfig& config) {
  std::vector<std::unique_ptr<Policy>> policies;
  for (size_t i = 0; i < config.use.size(); ++i) {
    const std::string& name = config.use[i];
    if (std::find(config.use.begin(), config.use.begin() + static_cast<std::ptrdiff_t>(i), name) !=
        config.use.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw Error(fmt::format("policies.use: {} stands twice", name));
    }
    policies.push_back(MakePolicy(name, config));
  }
  return policies;
}

bool AllowScores(const PoliciesConfig& config) {
  return std::ranges::all_of(MakePolicies(config), [](const auto& policy) { return policy->allows_scores(); });
}

std::unique_ptr<Teacher> Guard(std::unique_ptr<Teacher> teacher, std::vector<std::unique_ptr<Policy>> policies) {
  return std::make_unique<GuardedTeacher>(std::move(teacher), std::move(policies));
}

std::unique_ptr<Teacher> Guard(std::unique_ptr<Teacher> teacher, const PoliciesConfig& config) {
  if (config.use.empty()) return teacher;
  return Guard(std::move(teacher), MakePolicies(config));
}

}  // namespace retort
