// Quotas and rates: nobody gets more than there is, by asking much at once, by choices, by hanging up, by other
// addresses or by other clocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "core/base/error.h"
#include "core/base/files.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/policy_chain.h"
#include "teacher/provider/token_buckets.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

PolicyChain Chain(std::unique_ptr<Policy> policy) {
  std::vector<std::unique_ptr<Policy>> policies;
  policies.push_back(std::move(policy));
  return PolicyChain(std::move(policies));
}

Exchange Of(const std::string& account, int max_tokens = 10, int choices = 1, int64_t prompt_tokens = 5) {
  Exchange exchange{.choices = choices, .prompt_tokens = prompt_tokens};
  exchange.asked.sampling.max_new_tokens = exchange.forwarded.sampling.max_new_tokens = max_tokens;
  exchange.account = {.name = account, .tier = "email"};
  return exchange;
}

TEST(TokenBuckets, HoldABurstAndFillSteadily) {
  double now = 100;
  TokenBuckets buckets([&] { return now; });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", 0.5, 3), 0);
  EXPECT_DOUBLE_EQ(buckets.Take("a", 0.5, 3), 2);
  EXPECT_EQ(buckets.Take("b", 0.5, 3), 0) << "another one's";
  now += 1;
  EXPECT_DOUBLE_EQ(buckets.Take("a", 0.5, 3), 1);
  now += 1;
  EXPECT_EQ(buckets.Take("a", 0.5, 3), 0);
  now -= 1000;
  EXPECT_GT(buckets.Take("a", 0.5, 3), 0) << "a clock that goes back fills nothing";
  now += 2000;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", 0.5, 3), 0) << "never more than a burst";
  EXPECT_GT(buckets.Take("a", 0.5, 3), 0);
}

TEST(TokenBuckets, WhoOnlyLooksTakesNothing) {
  double now = 100;
  TokenBuckets buckets([&] { return now; }, 2);
  EXPECT_EQ(buckets.Wait("a", 0.5, 3), 0);
  EXPECT_EQ(buckets.size(), 0u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(buckets.Wait("a", 0.5, 3), 0);
    EXPECT_EQ(buckets.Take("a", 0.5, 3), 0);
  }
  for (int i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(buckets.Wait("a", 0.5, 3), 2);
  now += 1;
  EXPECT_DOUBLE_EQ(buckets.Wait("a", 0.5, 3), 1);
  now += 1;
  EXPECT_EQ(buckets.Wait("a", 0.5, 3), 0);
  now -= 1000;
  EXPECT_EQ(buckets.Wait("a", 0.5, 3), 0);
  EXPECT_EQ(buckets.Take("a", 0.5, 3), 0);
  buckets.Take("b", 0.5, 3);
  for (int i = 0; i < 3; ++i) buckets.Take("c", 0.5, 3);
  EXPECT_GT(buckets.Wait("new", 0.5, 3), 0) << "who has no bucket of its own waits with all of those";
  EXPECT_EQ(buckets.Wait("b", 0.5, 3), 0);
}

TEST(TokenBuckets, ForgetWhatIsFullAndNeverGrowBeyondTheirMost) {
  double now = 0;
  TokenBuckets buckets([&] { return now; }, 5000);
  for (int i = 0; i < 100'000; ++i) {
    now += 0.1;
    buckets.Take("name-" + std::to_string(i), 1, 3);
  }
  EXPECT_LT(buckets.size(), 2100u);
  for (int i = 0; i < 20'000; ++i) buckets.Take("flood-" + std::to_string(i), 1, 3);
  EXPECT_LE(buckets.size(), 5001u);
  EXPECT_GT(buckets.Take("flood-new", 1, 3), 0) << "who is new in a flood waits with it";
}

class QuotaTest : public ::testing::Test {
 protected:
  PolicyChain Open(QuotaPolicyConfig config) {
    config.file = (dir_.path() / "charges.jsonl").string();
    return Chain(MakeQuotaPolicy(config, [this] { return now_.load(); }));
  }
  // Whether the request was let through and, if so, what it cost in the end.
  static bool Passes(const PolicyChain& chain, Exchange exchange, const Usage& spent = {}) {
    Visit visit(chain, std::move(exchange));
    if (visit.Enter()) return false;
    visit.exchange().spent = spent;
    visit.End();
    return true;
  }
  TempDir dir_;
  std::atomic<int64_t> now_ = int64_t{20'787} * 86'400'000;
};

TEST_F(QuotaTest, Of64AtOnceExactlyOneGetsTheLast) {
  for (const bool by_tokens : {false, true}) {
    const TempDir dir;
    QuotaPolicyConfig config{.file = (dir.path() / "charges.jsonl").string()};
    (by_tokens ? config.tokens_a_day : config.requests_a_day) = {by_tokens ? 29.0 : 1.0};
    const PolicyChain chain = Chain(MakeQuotaPolicy(config, [this] { return now_.load(); }));
    std::atomic<int> passed = 0;
    std::atomic<bool> go = false;
    std::vector<std::thread> threads;
    threads.reserve(64);
    for (int i = 0; i < 64; ++i) {
      threads.emplace_back([&] {
        while (!go) std::this_thread::yield();
        Visit visit(chain, Of("a"));
        if (!visit.Enter()) {
          ++passed;
          visit.exchange().spent = {.prompt_tokens = 5, .completion_tokens = 10};
          visit.End();
        }
      });
    }
    go = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(passed, 1);
  }
}

TEST_F(QuotaTest, ChoicesAnswersAndPromptsAreHeldUpFront) {
  const PolicyChain chain = Open({.tokens_a_day = {100}});
  EXPECT_FALSE(Passes(chain, Of("a", 10, 10, 1))) << "1 + 10 x 10";
  EXPECT_FALSE(Passes(chain, Of("a", 10, 1, 91)));
  EXPECT_FALSE(Passes(chain, Of("a", 2'000'000'000, 128, 1)));
  EXPECT_TRUE(Passes(chain, Of("a", 9, 10, 10)));
  Exchange unknown = Of("b", 10, 1, -1);
  unknown.asked.prompt = {{"user", std::string(90, 'x')}};
  EXPECT_FALSE(Passes(chain, unknown)) << "where nobody counted, a token a byte";
}

TEST_F(QuotaTest, NoLimitNamedGetsOne) {
  const PolicyChain chain = Open({.tokens_a_day = {100}, .default_max_tokens = 20});
  Visit visit(chain, Of("a", 0));
  EXPECT_FALSE(visit.Enter());
  EXPECT_EQ(visit.exchange().forwarded.sampling.max_new_tokens, 20);
  EXPECT_THAT(visit.exchange().headers, ElementsAre(Pair("x-ratelimit-remaining-tokens", "75")));
}

TEST_F(QuotaTest, WhatWasNotUsedComesBackHoweverItEnds) {
  const PolicyChain chain = Open({.tokens_a_day = {100}});
  const Usage spent{.prompt_tokens = 5, .completion_tokens = 1};
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Passes(chain, Of("a", 70), spent));  // 24 used
  for (int i = 0; i < 2; ++i) {
    Visit left(chain, Of("a", 60));
    ASSERT_FALSE(left.Enter());
    left.exchange().spent = spent;
  }  // they hung up: 36 used
  EXPECT_FALSE(Passes(chain, Of("a", 60), spent)) << "65 of 64";
  EXPECT_TRUE(Passes(chain, Of("a", 59), {.prompt_tokens = 5, .completion_tokens = 59}));
  EXPECT_FALSE(Passes(chain, Of("a", 1, 1, 0)));
  EXPECT_TRUE(Passes(chain, Of("b", 59)));
}

TEST_F(QuotaTest, ASecondOneWhileTheFirstIsUnderWay) {
  const PolicyChain chain = Open({.tokens_a_day = {100}});
  Visit first(chain, Of("a", 90));
  EXPECT_FALSE(first.Enter());
  EXPECT_FALSE(Passes(chain, Of("a", 10))) << "95 are held";
  first.exchange().spent = {.prompt_tokens = 5, .completion_tokens = 0};
  first.End();
  EXPECT_TRUE(Passes(chain, Of("a", 10)));
}

TEST_F(QuotaTest, ANoSaysWhenAndATierItsOwnLimit) {
  const PolicyChain chain = Open({.requests_a_day = {0, 1, 2, 3, -1}});
  now_ += 86'400'000 - 90'000;
  EXPECT_TRUE(Passes(chain, Of("a")));
  Visit visit(chain, Of("a"));
  const auto reply = visit.Enter();
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->refused);
  EXPECT_EQ(visit.exchange().denial->status, 429);
  EXPECT_EQ(visit.exchange().denial->code, "insufficient_quota");
  EXPECT_EQ(visit.exchange().denial->retry_after, 90);
  visit.End();
  Exchange business = Of("c");
  business.account.tier = "business";
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Passes(chain, business));
  EXPECT_FALSE(Passes(chain, Exchange{})) << "who is not known may nothing here";
  EXPECT_TRUE(Passes(chain, Exchange{.choices = 0})) << "the list of models costs nothing";
}

// A second server on the journal of the first one fails when it starts; what only tells of a teacher behind policies,
// or asks it in this process, opens nothing before it asks.
TEST_F(QuotaTest, ASecondServerFailsAtItsStart) {
  const PolicyChain first = Open({.tokens_a_day = {100}});
  try {
    const PolicyChain second = Open({.tokens_a_day = {100}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("open in another process"));
  }
  std::vector<std::unique_ptr<Policy>> policies;
  policies.push_back(MakeQuotaPolicy({.tokens_a_day = {100}, .file = (dir_.path() / "charges.jsonl").string()}));
  const PolicyChain beside(std::move(policies), PolicyChain::Opens::kWhenAsked);
  EXPECT_THAT(beside.OnCard({.identity = "weights"}).identity, HasSubstr("quota="));
}

TEST_F(QuotaTest, ConfigsThatMakeNoSense) {
  EXPECT_THROW(MakeQuotaPolicy({}), Error);
  EXPECT_THROW(MakeQuotaPolicy({.tokens_a_day = {1, 2}}), Error);
  EXPECT_THROW(MakeQuotaPolicy({.tokens_a_day = {-1}}), Error) << "limits nothing";
  EXPECT_THROW(MakeQuotaPolicy({.tokens_a_day = {1}, .file = ""}), Error);
  EXPECT_THROW(MakeRateLimitPolicy({}), Error);
  EXPECT_THROW(MakeAddressBlockPolicy({}), Error);
}

TEST(RateLimitPolicy, ByAccountAndTier) {
  double now = 0;
  const PolicyChain chain =
      Chain(MakeRateLimitPolicy({.requests_a_minute = {0, 60, 60, 60, -1}, .burst = 2}, [&] { return now; }));
  const auto status = [&](const std::string& account, const std::string& tier) {
    Exchange exchange{.account = {.name = account, .tier = tier}};
    Visit visit(chain, exchange);
    visit.Enter();
    visit.End();
    return visit.exchange().status;
  };
  EXPECT_EQ(status("a", "email"), 200);
  EXPECT_EQ(status("a", "email"), 200);
  EXPECT_EQ(status("a", "email"), 429);
  EXPECT_EQ(status("b", "email"), 200);
  now += 1;
  EXPECT_EQ(status("a", "email"), 200);
  EXPECT_EQ(status("", ""), 403);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(status("c", "business"), 200);
}

class AddressBlockTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text) const {
    std::ofstream(dir_.path() / name) << text;
    return (dir_.path() / name).string();
  }
  int Status(const PolicyChain& chain, const std::string& address) {
    Visit visit(chain, {.caller = {.address = address}});
    const auto reply = visit.Enter();
    if (reply) {
      EXPECT_THAT(reply->error, testing::Not(HasSubstr(address)));
    }
    visit.End();
    return visit.exchange().status;
  }
  TempDir dir_;
  double now_ = 0;
};

TEST_F(AddressBlockTest, DeniedNetworksInEveryForm) {
  const PolicyChain chain =
      Chain(MakeAddressBlockPolicy({.deny_file = File("deny", "192.0.2.0/24\n2001:db8:bad::/48\n"),
                                    .allow_file = File("allow", "192.0.0.0/8\n2001:db8::/32\n")}));
  for (const char* denied : {"192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207", "2001:db8:bad::1",
                             "2001:DB8:BAD:ffff::1", "8.8.8.8", "2001:db9::1", "nonsense", "192.0.2.7, 192.0.3.1"}) {
    EXPECT_EQ(Status(chain, denied), 403) << denied;
  }
  for (const char* allowed : {"192.0.3.7", "::ffff:192.0.3.7", "2001:db8::1"}) EXPECT_EQ(Status(chain, allowed), 200);
  Visit in_process(chain, {});
  EXPECT_FALSE(in_process.Enter());
}

TEST_F(AddressBlockTest, RotationWithin64BitsIsOneCaller) {
  const PolicyChain chain =
      Chain(MakeAddressBlockPolicy({.requests_a_minute = 60, .burst = 3}, [this] { return now_; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Status(chain, "2001:db8:1:2::" + std::to_string(i + 1)), 200);
  EXPECT_EQ(Status(chain, "2001:db8:1:2:ffff:ffff:ffff:ffff"), 429);
  EXPECT_EQ(Status(chain, "2001:db8:1:3::1"), 200);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Status(chain, i % 2 == 0 ? "192.0.2.1" : "::ffff:192.0.2.1"), 200);
  EXPECT_EQ(Status(chain, "::ffff:c000:201"), 429);
  EXPECT_EQ(Status(chain, "192.0.2.2"), 200);
}

TEST_F(AddressBlockTest, RotationWithinASiteIsOneCallerWhereTheOptionSaysSo) {
  const PolicyChain chain =
      Chain(MakeAddressBlockPolicy({.requests_a_minute = 60, .burst = 3, .v6_prefix = 56}, [this] { return now_; }));
  for (const char* address : {"2001:db8:1:200::1", "2001:db8:1:217::1", "2001:db8:1:2ff::1"}) {
    EXPECT_EQ(Status(chain, address), 200);
  }
  EXPECT_EQ(Status(chain, "2001:db8:1:2ab::1"), 429);
  EXPECT_EQ(Status(chain, "2001:db8:1:300::1"), 200);
}

}  // namespace
}  // namespace retort
