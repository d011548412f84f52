// A whole front door, as a server drives it: every caller on every route, nothing of one account in what another gets,
// and no secret anywhere.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/config/toml_text.h"
#include "teacher/provider/policy_chain.h"
#include "tests/teacher/provider/gateway_files.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPrompt[] = "PROMPT-CANARY-7531, what is it?";

// What a client gets, in one text.
struct Response {
  int status = 0;
  std::string code, text;
};

Response Ask(const PolicyChain& chain, const std::string& authorization,
             const std::string& endpoint = "/v1/completions", int choices = 1,
             const std::string& address = "192.0.2.7") {
  std::vector<std::string_view> values;
  if (!authorization.empty()) values.emplace_back(authorization);
  const PresentedKey presented = KeyOf(values);
  if (presented.denial) return {presented.denial->status, presented.denial->code, presented.error};
  Exchange exchange{.caller = {.key = presented.key, .address = address, .endpoint = endpoint},
                    .model = "folds",
                    .choices = choices,
                    .prompt_tokens = 5};
  exchange.asked.prompt = {{"user", kPrompt}};
  exchange.asked.sampling.max_new_tokens = 20;
  exchange.forwarded = exchange.asked;
  Visit visit(chain, exchange);
  Response response;
  auto reply = visit.Enter();
  if (!reply) {
    visit.exchange().spent = {.prompt_tokens = 5, .completion_tokens = 9};
    reply = Reply{.completion = {{"assistant", "an answer"}}, .finish_reason = "stop"};
    visit.Show(*reply);
  }
  visit.End();
  response.status = visit.exchange().status;
  if (visit.exchange().denial) response.code = visit.exchange().denial->code;
  response.text = Text(reply->completion) + "|" + reply->error;
  for (const auto& [name, value] : visit.exchange().headers) response.text += fmt::format("|{}: {}", name, value);
  return response;
}

TEST(GatewayPolicies, EveryCallerOnEveryRoute) {
  const GatewayFiles files;
  const PolicyChain chain(MakePolicies(files.Config()));
  for (const CallerCase& caller : files.Callers()) {
    for (const char* endpoint : {"/v1/models", "/v1/completions", "/v1/chat/completions"}) {
      const Response response =
          Ask(chain, caller.authorization, endpoint, std::string_view(endpoint) == "/v1/models" ? 0 : 1);
      EXPECT_EQ(response.status, caller.status) << caller.name << " " << endpoint;
      EXPECT_EQ(response.code, caller.code) << caller.name << " " << endpoint;
      if (caller.status != 200) {
        EXPECT_THAT(response.text, Not(HasSubstr("an answer")));
      }
    }
  }
}

TEST(GatewayPolicies, ATierMayAskWhatIsItsOwn) {
  const GatewayFiles files;
  PoliciesConfig config = files.Config();
  config.accounts.models = {{}, {"small"}, {"small", "folds"}, {}, {}};
  config.accounts.top_logprobs = {0, 0, 1, 6, -1};
  const PolicyChain chain(MakePolicies(config));
  const auto code = [&](std::string_view tier, int top_logprobs, bool scores = false, bool steers = false) {
    Exchange exchange{
        .caller = {.key = files.key(tier)}, .model = "folds", .scores_prompt = scores, .steers_logits = steers};
    exchange.asked.sampling.top_logprobs = top_logprobs;
    Visit visit(chain, exchange);
    visit.Enter();
    visit.End();
    return visit.exchange().denial ? visit.exchange().denial->code : "";
  };
  EXPECT_EQ(code("email", -1), "model_not_allowed");
  EXPECT_EQ(code("phone", -1), "");
  EXPECT_EQ(code("phone", 0), "");
  EXPECT_EQ(code("phone", 1), "logprobs_not_allowed");
  EXPECT_EQ(code("document", 5), "");
  EXPECT_EQ(code("document", 6), "logprobs_not_allowed");
  EXPECT_EQ(code("business", 20), "");
  // A limit, whichever, ends where a given text makes every token the chosen one.
  for (const char* tier : {"phone", "document"}) {
    EXPECT_EQ(code(tier, 0, true), "logprobs_not_allowed") << tier;
    EXPECT_EQ(code(tier, -1, false, true), "logprobs_not_allowed") << tier;
  }
  EXPECT_EQ(code("business", 20, true), "");
  EXPECT_EQ(code("business", -1, false, true), "");
  config.accounts = {.file = config.accounts.file, .top_logprobs = {0}};
  const PolicyChain none(MakePolicies({.use = {"accounts"}, .accounts = config.accounts}));
  for (const bool scores : {true, false}) {
    Visit visit(none, {.caller = {.key = files.key("email")}, .scores_prompt = scores, .steers_logits = !scores});
    EXPECT_TRUE(visit.Enter());
  }
}

TEST(GatewayPolicies, TermsAreShownAndMayHaveToBeAccepted) {
  const GatewayFiles files;
  PoliciesConfig config = files.Config();
  EXPECT_THAT(Ask(PolicyChain(MakePolicies(config)), "Bearer " + files.key("email")).text,
              HasSubstr("x-terms-version: 2026-11"));
  config.terms.must_accept = true;
  config.quota.file += "2";
  EXPECT_EQ(Ask(PolicyChain(MakePolicies(config)), "Bearer " + files.key("email")).status, 200);
  config.terms.version = "2027-01";
  config.quota.file += "3";
  EXPECT_EQ(Ask(PolicyChain(MakePolicies(config)), "Bearer " + files.key("email")).code, "terms_not_accepted");
  const Card card = PolicyChain(MakePolicies(config)).OnCard({.terms = "old", .training_allowed = "yes"});
  EXPECT_EQ(card.terms, "https://provider.example/terms (version 2027-01)");
  EXPECT_EQ(card.training_allowed, "yes");
  for (const char* version : {"", "a b", "a\r\nX-Evil: 1", "\xe2\x80\xa8"}) {
    config.terms.version = version;
    EXPECT_THROW(MakePolicies(config), Error);
  }
}

TEST(GatewayPolicies, WhatOthersDidShowsInNothing) {
  std::vector<std::string> alone, beside;
  for (const bool others : {false, true}) {
    const GatewayFiles files;
    PoliciesConfig config = files.Config({"filter", "logprobs"});
    config.filter.patterns = {"bad"};
    config.quota.tokens_a_day = {1000};
    const PolicyChain chain(MakePolicies(config));
    for (int i = 0; i < 5; ++i) {
      for (int k = 0; others && k < 50; ++k) Ask(chain, "Bearer " + files.key("phone"));
      (others ? beside : alone).push_back(Ask(chain, "Bearer " + files.key("email")).text);
    }
  }
  EXPECT_EQ(alone, beside) << "answers, errors and headers";
}

TEST(GatewayPolicies, NoSecretIsAnywhereButWhereItCameFrom) {
  const GatewayFiles files;
  PoliciesConfig config = files.Config({"filter"});
  config.filter.patterns = {"never"};
  setenv("RETORT_TEST_KEY", files.key("email").c_str(), 1);
  config.caller.key_env = "RETORT_TEST_KEY";
  std::string seen = ToToml(config);
  {
    const PolicyChain chain(MakePolicies(config));
    for (const CallerCase& caller : files.Callers()) {
      for (int i = 0; i < 2; ++i) seen += Ask(chain, caller.authorization).text;
    }
    const Card card = chain.OnCard({.identity = "weights"});
    seen += card.identity + card.terms;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(files.folder())) {
    seen += entry.path().string();
    if (entry.is_regular_file()) seen += ReadFile(entry.path());
  }
  unsetenv("RETORT_TEST_KEY");
  EXPECT_THAT(seen, Not(HasSubstr(kPaymentCanary)));
  EXPECT_THAT(seen, Not(HasSubstr("CANARY")));
  for (const CallerCase& caller : files.Callers()) {
    const std::string& value = caller.authorization;
    for (size_t at = value.find("rk-") == std::string::npos ? 0 : value.find("rk-") + 20; at + 12 < value.size();
         ++at) {
      ASSERT_THAT(seen, Not(HasSubstr(value.substr(at, 12)))) << caller.name;
    }
  }
}

// The same policies around a teacher in this process, asked by whoever holds the key in the environment.
TEST(GatewayPolicies, InProcessTheyAreTheSame) {
  class Answers : public Teacher {
   public:
    Card card() const override { return {.identity = "weights"}; }
    void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
      for (const Request& request : requests) {
        if (!on_reply({.id = request.id,
                       .completion = {{"assistant", "an answer"}},
                       .finish_reason = "stop",
                       .usage = {.prompt_tokens = 5, .completion_tokens = 9}})) {
          return;
        }
      }
    }
  };
  const GatewayFiles files;
  PoliciesConfig config = files.Config();
  config.quota.requests_a_day = {0, 3, -1, -1, -1};
  config.caller.key_env = "RETORT_TEST_KEY";
  const auto errors = [&](const std::string& key) {
    setenv("RETORT_TEST_KEY", key.c_str(), 1);
    const auto teacher = Guard(std::make_unique<Answers>(), config);
    std::vector<std::string> seen;
    const std::vector<Request> requests(5, {.id = "a", .sampling = {.max_new_tokens = 20}});
    teacher->Ask(requests, [&](const Reply& reply) {
      seen.push_back(reply.error);
      return true;
    });
    std::ranges::sort(seen);
    unsetenv("RETORT_TEST_KEY");
    return seen;
  };
  const std::string quota = "the account's quota does not cover this request";
  EXPECT_EQ(errors(files.key("email")), (std::vector<std::string>{"", "", "", quota, quota}));
  EXPECT_EQ(errors(files.key("phone")), std::vector<std::string>(5));
  EXPECT_EQ(errors("rk-nobody"), std::vector<std::string>(5, "this API key is not known"));
  EXPECT_THROW(Guard(std::make_unique<Answers>(), config), Error) << "the variable is not set";
}

TEST(GatewayPolicies, WhatGoesByAccountsStandsInside) {
  for (const char* name : {"quota", "rate_limit", "terms"}) {
    try {
      MakePolicies({.use = {"accounts", name}});
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::string(name) + " goes by the account"));
    }
  }
}

}  // namespace
}  // namespace retort
