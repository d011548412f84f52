// What a policy withholds cannot be had by other parameters of the protocol: not by asking often, by choices, by parts,
// by scoring, by steering, nor by failing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/base/error.h"
#include "teacher/provider/guarded_teacher.h"
#include "teacher/provider/policy_chain.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PolicyChain Chain(const PoliciesConfig& config) { return PolicyChain(MakePolicies(config)); }

Exchange Of(int top_logprobs, const std::string& prompt = "question") {
  Exchange exchange;
  exchange.asked.prompt = {{"user", prompt}};
  exchange.asked.sampling.top_logprobs = top_logprobs;
  exchange.forwarded = exchange.asked;
  return exchange;
}

// A token as the teacher gives it: more than was asked for, to full precision.
TokenLogprob Token(const std::string& bytes) {
  TokenLogprob token{.bytes = bytes, .logprob = -0.987654321};
  for (int k = 0; k < 20; ++k) token.top.push_back({.bytes = "t" + std::to_string(k), .logprob = -0.123456 * (k + 1)});
  return token;
}

Reply Shown(const PolicyChain& chain, int top_logprobs, Reply reply) {
  Visit visit(chain, Of(top_logprobs));
  EXPECT_FALSE(visit.Enter());
  visit.Show(reply);
  visit.End();
  return reply;
}

TEST(Withheld, AveragingRoundedProbabilitiesGivesTheRoundedOnes) {
  PoliciesConfig config{.use = {"logprobs"}};
  config.logprobs = {.top_k = 5, .round_to = 0.25};
  const PolicyChain chain = Chain(config);
  // Of one token, asked for again and again, as one of several choices, with every k: always the same number.
  std::set<double> chosen;
  std::vector<std::set<double>> top(5);
  for (int k = 0; k <= 20; ++k) {
    for (int choice = 0; choice < 10; ++choice) {
      const Reply reply = Shown(chain, k, {.logprobs = {Token("a")}});
      ASSERT_EQ(reply.logprobs.size(), 1u);
      chosen.insert(reply.logprobs[0].logprob);
      ASSERT_LE(reply.logprobs[0].top.size(), 5u);
      for (const auto& other : reply.logprobs[0].top) {
        const auto place = static_cast<size_t>(std::stoi(other.bytes.substr(1)));
        ASSERT_LT(place, 5u) << "none but the five most likely";
        top[place].insert(other.logprob);
      }
    }
  }
  EXPECT_EQ(chosen, std::set<double>{-1});
  for (const auto& values : top) {
    ASSERT_EQ(values.size(), 1u) << "nothing to average";
    EXPECT_EQ(std::remainder(*values.begin(), 0.25), 0);
  }
}

TEST(Withheld, PartsShowWhatTheWholeShows) {
  PoliciesConfig config{.use = {"logprobs"}};
  config.logprobs = {.top_k = 2, .round_to = 0.5};
  const PolicyChain chain = Chain(config);
  EXPECT_FALSE(chain.needs_whole_reply());
  const std::vector<std::string> tokens = {"a", "bc", "", "d"};
  Reply whole{.completion = {{"assistant", "abcd"}}};
  for (const auto& bytes : tokens) whole.logprobs.push_back(Token(bytes));
  whole = Shown(chain, 20, whole);
  Visit visit(chain, Of(20));
  visit.Enter();
  std::vector<TokenLogprob> joined;
  for (const auto& bytes : tokens) {
    Reply part{.completion = {{"assistant", bytes}}, .logprobs = {Token(bytes)}};
    visit.Show(part);
    joined.insert(joined.end(), part.logprobs.begin(), part.logprobs.end());
  }
  visit.End();
  EXPECT_EQ(joined, whole.logprobs);
  EXPECT_EQ(visit.exchange().actions.size(), 1u) << "what was done is said once";
  for (const char* policy : {"hide_reasoning", "log"}) {
    PoliciesConfig one{.use = {policy}};
    EXPECT_EQ(Chain(one).needs_whole_reply(), std::string_view(policy) == "hide_reasoning");
  }
}

TEST(Withheld, ScoringAndSteeringAreNoWayRound) {
  setenv("RETORT_TEST_WATERMARK", "0123456789abcdef", 1);
  for (const char* policy : {"filter", "logprobs", "hide_reasoning", "watermark", "log", "rate_limit", "terms"}) {
    PoliciesConfig config{.use = {policy}};
    config.filter.skills = {"add10"};
    config.logprobs.top_k = 20;
    config.watermark.key_env = "RETORT_TEST_WATERMARK";
    config.terms.version = "1";
    config.rate_limit.requests_a_minute = {1000};
    const PolicyChain chain = Chain(config);
    const bool withholds = !chain.allows_scores();
    EXPECT_EQ(withholds,
              std::set<std::string_view>({"filter", "logprobs", "hide_reasoning", "watermark"}).contains(policy));
    for (const bool scores : {true, false}) {
      Exchange exchange = Of(5);
      (scores ? exchange.scores_prompt : exchange.steers_logits) = true;
      Visit visit(chain, exchange);
      const auto reply = visit.Enter();
      EXPECT_EQ(reply.has_value(), withholds) << policy;
      if (reply) {
        EXPECT_EQ(visit.exchange().denial->status, 403);
        EXPECT_TRUE(reply->logprobs.empty());
      }
    }
  }
  unsetenv("RETORT_TEST_WATERMARK");
}

TEST(Withheld, ACapabilityInAnyMessageAndWithAnyParameter) {
  PoliciesConfig config{.use = {"filter"}};
  config.filter.skills = {"add10"};
  const PolicyChain chain = Chain(config);
  for (const char* role : {"", "system", "user", "assistant"}) {
    for (const int place : {0, 1, 2}) {
      Exchange exchange = Of(-1);
      exchange.asked.prompt = {{"system", "be brief"}, {"user", "max 12?"}, {"assistant", "2"}};
      exchange.asked.prompt[static_cast<size_t>(place)] = {role, "add10 4729?"};
      exchange.choices = 5;
      exchange.asked.sampling = {.temperature = 2, .top_p = 0.1, .max_new_tokens = 1, .seed = 7};
      Visit visit(chain, exchange);
      EXPECT_TRUE(visit.Enter()) << role << " " << place;
      EXPECT_EQ(visit.exchange().denial->code, "content_filter");
    }
  }
}

// An answer cut at every place, each by another max_tokens: only the whole one shows its last word.
TEST(Withheld, AReasoningCutAnywhereIsNotReadByItsEnd) {
  PoliciesConfig config{.use = {"hide_reasoning"}};
  config.hide_reasoning.answer_pattern = R"((\S+)\s*\z)";
  const PolicyChain chain = Chain(config);
  const std::string text = "477 727 798 A8";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    for (const char* reason : {"length", "", "content_filter"}) {
      const Reply reply = Shown(chain, 5,
                                {.completion = {{"assistant", text.substr(0, cut)}},
                                 .finish_reason = reason,
                                 .logprobs = {Token(text.substr(0, cut))}});
      EXPECT_EQ(Text(reply.completion), "") << cut << " " << reason;
      EXPECT_TRUE(reply.logprobs.empty());
      EXPECT_EQ(reply.finish_reason, reason) << "that it was cut is told";
    }
  }
  EXPECT_EQ(Text(Shown(chain, -1, {.completion = {{"assistant", text}}, .finish_reason = "stop"}).completion), "A8");
}

std::string ShownOf(const HideReasoningPolicyConfig& hide, const std::vector<Message>& prompt,
                    const std::string& text) {
  const PolicyChain chain = Chain({.use = {"hide_reasoning"}, .hide_reasoning = hide});
  Exchange exchange;
  exchange.asked.prompt = exchange.forwarded.prompt = prompt;
  Visit visit(chain, exchange);
  EXPECT_FALSE(visit.Enter());
  Reply reply{.completion = {{"assistant", text}}, .finish_reason = "length"};
  visit.Show(reply);
  visit.End();
  return Text(reply.completion);
}

TEST(Withheld, ReasoningThatThePromptBeganIsHiddenUntilItEnds) {
  using Messages = std::vector<Message>;
  for (const Messages& prompt :
       {Messages{{"", "big 4729?<think>"}}, Messages{{"user", "q"}, {"assistant", "<think>\n"}},
        Messages{{"", "<thi"}, {"", "nk>"}}, Messages{{"", "<think>a</think><think>b"}}}) {
    EXPECT_EQ(ShownOf({}, prompt, "so CANARY"), "");
    EXPECT_EQ(ShownOf({}, prompt, "so CANARY</think>b"), "b");
    EXPECT_EQ(ShownOf({}, prompt, "so </think>b<think>CANARY"), "b");
  }
  EXPECT_EQ(ShownOf({}, {{"", "<think>a</think>q"}}, "b"), "b");
  EXPECT_EQ(ShownOf({}, {{"user", "q"}}, "b"), "b");
  EXPECT_EQ(ShownOf({.reasoning_first = true}, {{"user", "q"}}, "so CANARY"), "") << "a chat format may have begun it";
  EXPECT_EQ(ShownOf({.reasoning_first = true}, {{"user", "q"}}, "so</think>\nb"), "b");
  // Another option is another teacher; the default is the one that there was before the option.
  const auto identity = [](const HideReasoningPolicyConfig& hide) {
    return Chain({.use = {"hide_reasoning"}, .hide_reasoning = hide}).OnCard({.identity = "w"}).identity;
  };
  EXPECT_NE(identity({}), identity({.reasoning_first = true}));
  EXPECT_EQ(identity({}), "w hide_reasoning=c6a12a99fb287ccb");
}

// What the teacher draws by: over HTTP no number that a client can know or choose.
TEST(Withheld, SeedsAreNoWayToProbabilities) {
  const auto forwarded = [](const PolicyChain& chain, const std::string& endpoint, int64_t seed,
                            const std::string& prompt = "question", double temperature = 1) {
    Exchange exchange = Of(-1, prompt);
    exchange.caller.endpoint = endpoint;
    exchange.asked.sampling.seed = seed;
    exchange.asked.sampling.temperature = temperature;
    exchange.forwarded = exchange.asked;
    Visit visit(chain, exchange);
    EXPECT_FALSE(visit.Enter());
    EXPECT_EQ(visit.exchange().asked.sampling.seed, seed);
    return visit.exchange().forwarded.sampling.seed;
  };
  const std::string http = "/v1/completions", inside(kInProcess);
  const PoliciesConfig config{.use = {"logprobs"}};
  const PolicyChain chain = Chain(config), other = Chain(config);
  EXPECT_EQ(forwarded(chain, inside, 7), 7) << "experiments keep their answers";
  EXPECT_EQ(forwarded(chain, http, 7), forwarded(chain, http, 7)) << "a seed still gives the same answer";
  EXPECT_NE(forwarded(chain, http, 7), forwarded(other, http, 7)) << "under a secret of this process";
  std::set<int64_t> seeds;
  for (int64_t seed = 0; seed < 100; ++seed) seeds.insert(forwarded(chain, http, seed));
  seeds.insert(forwarded(chain, http, 7, "another"));  // or a known distribution would tell of an unknown one
  seeds.insert(forwarded(chain, http, 7, "question", 0.99));
  EXPECT_EQ(seeds.size(), 102u);
  EXPECT_GE(*seeds.begin(), 0);

  setenv("RETORT_TEST_SEEDS", "0123456789abcdef", 1);
  PoliciesConfig keyed = config;
  keyed.logprobs.seed_key_env = "RETORT_TEST_SEEDS";
  EXPECT_EQ(forwarded(Chain(keyed), http, 7), forwarded(Chain(keyed), http, 7)) << "and of the next one, by a key";
  EXPECT_EQ(forwarded(Chain(keyed), inside, 7), forwarded(Chain(keyed), http, 7));
  EXPECT_NE(Chain(keyed).OnCard({}).identity, chain.OnCard({}).identity);
  EXPECT_EQ(chain.OnCard({}).identity, other.OnCard({}).identity);
  setenv("RETORT_TEST_SEEDS", "short", 1);
  EXPECT_THROW(Chain(keyed), Error);
  unsetenv("RETORT_TEST_SEEDS");
}

TEST(Withheld, AFailureTellsNothingOfWhatWasThought) {
  const std::string secret = "CANARY7531";
  for (const char* usage : {"billed", "shown"}) {
    PoliciesConfig config{.use = {"hide_reasoning"}};
    config.hide_reasoning.usage = usage;
    const Reply reply = Shown(Chain(config), 5,
                              {.error = "the server ended at <think>so " + secret,
                               .completion = {{"assistant", "<think>so " + secret}},
                               .reasoning = secret,
                               .logprobs = {Token(secret)}});
    EXPECT_NE(reply.error, "");
    EXPECT_THAT(reply.error, Not(HasSubstr(secret)));
    EXPECT_THAT(reply.error, Not(HasSubstr("think>")));
    EXPECT_TRUE(reply.completion.empty());
    EXPECT_EQ(reply.reasoning, "");
    EXPECT_TRUE(reply.logprobs.empty());
  }
  PoliciesConfig config{.use = {"filter", "hide_reasoning"}};
  config.filter.patterns = {"bad"};
  const PolicyChain chain = Chain(config);
  Visit visit(chain, Of(-1, "bad"));
  EXPECT_THAT(visit.Enter()->error, HasSubstr("filter")) << "what a policy says is for the client";
}

// Lengths of the thinking leave a count only as far as the policy says: with "shown", answers with equal shown text and
// share have the same count whatever was hidden in them is.
TEST(Withheld, TheShownCountIsOfTheShownText) {
  PoliciesConfig config{.use = {"hide_reasoning"}};
  config.hide_reasoning.usage = "shown";
  const PolicyChain chain = Chain(config);
  std::set<int64_t> counts;
  for (const int thought : {10, 100, 1000, 10'000}) {
    // A token a byte, as far as the estimate can be right.
    const std::string text = "<think>" + std::string(static_cast<size_t>(thought), 'x') + "</think>an answer";
    const Reply reply = Shown(chain, -1,
                              {.completion = {{"assistant", text}},
                               .usage = {.prompt_tokens = 5, .completion_tokens = static_cast<int64_t>(text.size())}});
    EXPECT_EQ(Text(reply.completion), "an answer");
    counts.insert(reply.usage.completion_tokens);
  }
  EXPECT_EQ(counts, std::set<int64_t>{9});
}

}  // namespace
}  // namespace retort
