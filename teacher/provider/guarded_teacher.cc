#include "teacher/provider/guarded_teacher.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/base/error.h"
#include "teacher/provider/environment.h"
#include "teacher/provider/policy_chain.h"

namespace retort {
namespace {

constexpr std::array<std::string_view, 10> kPolicies = {"filter",        "logprobs", "hide_reasoning", "watermark",
                                                        "terms",         "quota",    "rate_limit",     "accounts",
                                                        "address_block", "log"};

class GuardedTeacher : public Teacher {
 public:
  GuardedTeacher(std::unique_ptr<Teacher> teacher, std::vector<std::unique_ptr<Policy>> policies, Caller caller)
      : teacher_(std::move(teacher)),
        chain_(std::move(policies), PolicyChain::Opens::kWhenAsked),
        caller_(std::move(caller)) {}

  Card card() const override { return chain_.OnCard(teacher_->card()); }

  bool UseLedger(Ledger* ledger) override { return teacher_->UseLedger(ledger); }

  LikelihoodScorer* scorer() override { return chain_.allows_scores() ? teacher_->scorer() : nullptr; }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    std::vector<Request> forwarded;
    // Several requests may bear the same name: their replies are told apart by their order only.
    std::multimap<std::pair<std::string, int>, std::unique_ptr<Visit>> waiting;
    for (const Request& request : requests) {
      auto visit = std::make_unique<Visit>(chain_, Exchange{.asked = request, .forwarded = request, .caller = caller_});
      if (auto reply = visit->Enter()) {
        visit->End();
        if (!on_reply(std::move(*reply))) return;
        continue;
      }
      forwarded.push_back(visit->exchange().forwarded);
      waiting.emplace(std::pair(request.id, request.attempt), std::move(visit));
    }
    if (forwarded.empty()) return;
    teacher_->Ask(forwarded, [&](Reply reply) {
      const auto found = waiting.find({reply.id, reply.attempt});
      if (found == waiting.end()) {  // nobody asked for it, so no policy knows it: nothing of it is shown
        return on_reply({.id = reply.id, .attempt = reply.attempt, .error = "the teacher answered what nobody asked"});
      }
      const std::unique_ptr<Visit> visit = std::move(found->second);
      waiting.erase(found);
      visit->exchange().spent = reply.usage;
      visit->Show(reply);
      visit->End();
      return on_reply(std::move(reply));
    });
  }

 private:
  std::unique_ptr<Teacher> teacher_;
  PolicyChain chain_;
  Caller caller_;
};

std::unique_ptr<Policy> MakePolicy(const std::string& name, const PoliciesConfig& config) {
  if (name == "filter") return MakeFilterPolicy(config.filter);
  if (name == "logprobs") return MakeLogprobsPolicy(config.logprobs);
  if (name == "hide_reasoning") return MakeHideReasoningPolicy(config.hide_reasoning);
  if (name == "watermark") return MakeWatermarkPolicy(config.watermark);
  if (name == "terms") return MakeTermsPolicy(config.terms);
  if (name == "quota") return MakeQuotaPolicy(config.quota);
  if (name == "rate_limit") return MakeRateLimitPolicy(config.rate_limit);
  if (name == "accounts") return MakeAccountsPolicy(config.accounts);
  if (name == "address_block") return MakeAddressBlockPolicy(config.address_block);
  if (name == "log") return MakeLogPolicy(config.log);
  throw Error(
      fmt::format("policies.use: there is no policy {}; there are {}", Excerpt(name), fmt::join(kPolicies, " ")));
}

// What goes by accounts needs to know them.
void CheckOrder(const std::vector<std::string>& use) {
  for (auto name = use.begin(); name != use.end(); ++name) {
    if (std::find(use.begin(), name, *name) != name) throw Error(fmt::format("policies.use: {} stands twice", *name));
  }
  const auto accounts = std::ranges::find(use, "accounts");
  if (accounts == use.end()) return;
  for (const std::string_view name : {"quota", "rate_limit", "terms"}) {
    if (std::find(accounts, use.end(), name) != use.end()) {
      throw Error(fmt::format("policies.use: {} goes by the account, and accounts must stand behind it", name));
    }
  }
}

}  // namespace

void Describe(Describer& d, CallerConfig& config) {
  d.Field("key_env", config.key_env,
          {.help = "environment variable that holds the API key of who asks", .numerics = false});
  d.Field("address", config.address, {.help = "network address of who asks; empty: none", .numerics = false});
}

void Describe(Describer& d, PoliciesConfig& config) {
  d.Field("use", config.use,
          {.help = "what stands between the teacher and who asks, from the teacher outwards",
           .choices = {kPolicies.begin(), kPolicies.end()}});
  d.Group("filter", config.filter, "refuses prompts");
  d.Group("logprobs", config.logprobs, "cuts and rounds token probabilities");
  d.Group("hide_reasoning", config.hide_reasoning, "shows answers without the way to them");
  d.Group("watermark", config.watermark, "marks sampled answers");
  d.Group("terms", config.terms, "says under which terms answers are given");
  d.Group("quota", config.quota, "limits what an account uses of a day and a month");
  d.Group("rate_limit", config.rate_limit, "limits how fast an account asks");
  d.Group("accounts", config.accounts, "answers only who has a key");
  d.Group("address_block", config.address_block, "answers only some addresses, and each not too often");
  d.Group("log", config.log, "writes a request log");
  d.Group("caller", config.caller, "who asks a teacher in this process; over HTTP requests say it");
}

std::vector<std::unique_ptr<Policy>> MakePolicies(const PoliciesConfig& config) {
  CheckOrder(config.use);
  std::vector<std::unique_ptr<Policy>> policies;
  policies.reserve(config.use.size());
  for (const std::string& name : config.use) policies.push_back(MakePolicy(name, config));
  return policies;
}

bool AllowScores(const PoliciesConfig& config) {
  return std::ranges::all_of(MakePolicies(config), [](const auto& policy) { return policy->allows_scores(); });
}

std::unique_ptr<Teacher> Guard(std::unique_ptr<Teacher> teacher, std::vector<std::unique_ptr<Policy>> policies,
                               Caller caller) {
  return std::make_unique<GuardedTeacher>(std::move(teacher), std::move(policies), std::move(caller));
}

std::unique_ptr<Teacher> Guard(std::unique_ptr<Teacher> teacher, const PoliciesConfig& config) {
  if (config.use.empty()) return teacher;
  return Guard(
      std::move(teacher), MakePolicies(config),
      {.key = FromEnvironment("policies.caller.key_env", config.caller.key_env), .address = config.caller.address});
}

}  // namespace retort
