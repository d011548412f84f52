// The way of an exchange through policies: who hears of what, once, however it ends.
#include "teacher/provider/policy_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace retort {
namespace {

using ::testing::ElementsAre;

// Writes down what it hears.
class Witness : public Policy {
 public:
  Witness(std::string name, std::vector<std::string>& heard, bool scores = true)
      : name_(std::move(name)), heard_(heard), scores_(scores) {}
  std::optional<Reply> OnArrival(Exchange& exchange) override {
    heard_.push_back(name_ + " sees");
    if (exchange.caller.key != name_ && exchange.caller.key != name_ + " at first") return std::nullopt;
    return Deny(exchange, "not you", {.status = 401});
  }
  std::optional<Reply> OnRequest(Exchange& exchange) override {
    heard_.push_back(name_ + " in");
    if (exchange.caller.key == name_) return Deny(exchange, "not you", {.status = 401});
    if (exchange.model != name_) return std::nullopt;
    return Deny(exchange, "no", {.status = 429, .code = "slow", .retry_after = 2});
  }
  void OnReply(Exchange& /*exchange*/, Reply& reply) override {
    heard_.push_back(name_ + " out");
    reply.completion = AnswerTo({}, Text(reply.completion) + name_);
  }
  void OnEnd(Exchange& exchange) override {
    heard_.push_back(name_ + " end " + std::to_string(exchange.status));
    if (exchange.model == "throw") throw Error(name_ + " cannot");
  }
  bool allows_scores() const override { return scores_; }

 private:
  std::string name_;
  std::vector<std::string>& heard_;
  bool scores_;
};

class PolicyChainTest : public ::testing::Test {
 protected:
  PolicyChainTest() : chain_(Witnesses()) {}
  std::vector<std::unique_ptr<Policy>> Witnesses() {
    std::vector<std::unique_ptr<Policy>> policies;
    policies.push_back(std::make_unique<Witness>("a", heard_));
    policies.push_back(std::make_unique<Witness>("b", heard_, false));
    policies.push_back(std::make_unique<Witness>("c", heard_));
    return policies;
  }
  std::vector<std::string> heard_;
  PolicyChain chain_;
};

TEST_F(PolicyChainTest, InFromTheLastOutFromTheFirst) {
  {
    Visit visit(chain_, {});
    EXPECT_FALSE(visit.Enter());
    Reply reply{.finish_reason = "stop"};
    visit.Show(reply);
    visit.End();
    EXPECT_EQ(Text(reply.completion), "abc");
    EXPECT_EQ(visit.exchange().finish_reason, "stop");
  }
  EXPECT_THAT(heard_,
              ElementsAre("c in", "b in", "a in", "a out", "b out", "c out", "a end 200", "b end 200", "c end 200"));
}

TEST_F(PolicyChainTest, WhatOneAnswersIsSeenFurtherOutOnly) {
  {
    Visit visit(chain_, {.model = "b"});
    const auto reply = visit.Enter();
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->refused) << "it may be asked again, later";
    visit.End();
  }
  EXPECT_THAT(heard_, ElementsAre("c in", "b in", "c out", "c end 429"));
}

TEST_F(PolicyChainTest, WhoIsTurnedAwayOnArrivalIsHeardOfFurtherOut) {
  {
    Visit visit(chain_, {.caller = {.key = "b"}});
    const auto reply = visit.Arrive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(visit.exchange().denial->status, 401);
    visit.End();
  }
  EXPECT_THAT(heard_, ElementsAre("c sees", "b sees", "c in", "b in", "c out", "c end 401"));
  heard_.clear();
  {
    Visit visit(chain_, {.caller = {.key = "none"}});
    EXPECT_FALSE(visit.Arrive());
  }
  EXPECT_THAT(heard_, ElementsAre("c sees", "b sees", "a sees")) << "who passes has done nothing yet";
  heard_.clear();
  {
    Visit visit(chain_, {.caller = {.key = "b at first"}});
    const auto reply = visit.Arrive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->error, "not you");
    visit.End();
  }
  EXPECT_THAT(heard_, ElementsAre("c sees", "b sees", "c in", "b in", "a in", "a end 401", "b end 401", "c end 401"));
}

TEST_F(PolicyChainTest, WhoLeavesIsSettledOnce) {
  {
    Visit visit(chain_, {});
    visit.Enter();
  }
  EXPECT_THAT(heard_, ElementsAre("c in", "b in", "a in", "a end 499", "b end 499", "c end 499"));
  heard_.clear();
  { Visit never_entered(chain_, {}); }
  EXPECT_THAT(heard_, ElementsAre());
}

TEST_F(PolicyChainTest, AFailureIsOneForAllWhoCount) {
  Visit visit(chain_, {.model = "throw"});
  visit.Enter();
  Reply reply{.error = "the model fell over"};
  visit.Show(reply);
  try {
    visit.End();
    FAIL() << "a policy that cannot settle is heard of";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a cannot");
  }
  EXPECT_EQ(std::count(heard_.begin(), heard_.end(), "c end 500"), 1);
}

TEST_F(PolicyChainTest, NobodyScoresOrSteersRoundAPolicyThatForbidsIt) {
  for (const bool scores : {true, false}) {
    heard_.clear();
    Visit visit(chain_, {.scores_prompt = scores, .steers_logits = !scores});
    const auto reply = visit.Enter();
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->refused);
    EXPECT_EQ(visit.exchange().denial->status, 403);
    visit.End();
    EXPECT_THAT(heard_, ElementsAre("c in", "c out", "c end 403")) << "who stands outside judges first";
  }
}

}  // namespace
}  // namespace retort
