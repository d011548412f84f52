// Policies over HTTP: what a client is told, that the work waits for them, and that every exchange is settled once,
// however it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/teacher/provider/server/gateway_policy_fixture.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST_F(GatewayPolicyTest, PoliciesHearWhatIsAskedAndWhatItTook) {
  Open();
  Json body = Plain("big 47?");
  body["n"] = 2;
  EXPECT_EQ(Ask(body, "Authorization: Bearer sk-1\r\nX-Forwarded-For: 8.8.8.8\r\n").status, 200);
  body["stream"] = true;
  const SeenReply stream = Ask(body);
  EXPECT_TRUE(stream.done());
  EXPECT_EQ(stream.headers.at("x-probe"), "seen");
  ASSERT_TRUE(WaitForEnds(2));
  for (const Exchange& exchange : seen_.ended) {
    EXPECT_EQ(exchange.caller.endpoint, "/v1/completions");
    EXPECT_EQ(exchange.caller.address, "127.0.0.1");  // no proxy is trusted
    EXPECT_EQ(exchange.model, "folds");
    EXPECT_EQ(exchange.choices, 2);
    EXPECT_EQ(exchange.prompt_tokens, 8);
    EXPECT_EQ(exchange.asked.sampling.max_new_tokens, 60);
    EXPECT_EQ(exchange.spent, (Usage{.prompt_tokens = 8, .completion_tokens = 12}));
    EXPECT_EQ(exchange.finish_reason, "stop");
    EXPECT_EQ(exchange.status, 200);
  }
  EXPECT_EQ(seen_.ended[0].caller.key, "sk-1");
  EXPECT_EQ(seen_.ended[1].caller.key, "");
  // A list of prompts is one exchange each.
  EXPECT_EQ(Ask(Plain({"big 47?", "max 12?"})).json()["choices"].size(), 2u);
  ASSERT_TRUE(WaitForEnds(4));
  EXPECT_EQ(seen_.entered, 4);
}

TEST_F(GatewayPolicyTest, ANoIsToldInTheProtocolsWords) {
  Open();
  const SeenReply slow = Ask(Plain("slow down"));
  EXPECT_EQ(slow.status, 429);
  EXPECT_EQ(slow.headers.at("retry-after"), "3");
  EXPECT_EQ(slow.headers.at("x-probe"), "seen");
  EXPECT_EQ(slow.json()["error"]["type"], "rate_limit");
  EXPECT_EQ(slow.json()["error"]["code"], "rate");
  // A wrong key hears of nothing else, wherever it knocks and whatever it asks.
  const std::string wrong = "Authorization: Bearer wrong\r\n";
  Json unknown = Plain("x"), bad = Plain("x");
  unknown["model"] = "other";
  bad["n"] = -1;
  for (const SeenReply& reply :
       {Ask(Plain("big 12?"), wrong), Ask(unknown, wrong), Ask(bad, wrong), Get(server_->port(), "/v1/models", wrong),
        Get(server_->port(), "/v1/models/other", wrong)}) {
    EXPECT_EQ(reply.status, 401) << reply.body;
    EXPECT_EQ(reply.json()["error"]["code"], "invalid_api_key");
    EXPECT_EQ(reply.headers.at("www-authenticate"), "Bearer");
  }
  EXPECT_EQ(Get(server_->port(), "/health", wrong).status, 200);
  EXPECT_EQ(seen_.entered, 0);
  // One of several prompts refused: all are, and the one that had passed is settled.
  EXPECT_EQ(Ask(Plain({"big 12?", "slow down", "big 34?"})).status, 429);
  ASSERT_TRUE(WaitForEnds(1));
  EXPECT_EQ(seen_.ended.size(), 1u);
  EXPECT_EQ(seen_.ended[0].status, 429);
  EXPECT_EQ(seen_.ended[0].spent, Usage{});
}

TEST_F(GatewayPolicyTest, APolicysOwnAnswerStandsForEveryChoice) {
  Open();
  Json body = Plain({"canned", "big 47?"});
  body["n"] = 2;
  const Json choices = Ask(body).json()["choices"];
  ASSERT_EQ(choices.size(), 4u);
  EXPECT_EQ(choices[1]["text"], "an answer of mine");
  EXPECT_EQ(choices[2]["text"], "477 A7");
  body = Plain("canned");
  body["stream"] = true;
  const SeenReply stream = Ask(body);
  EXPECT_TRUE(stream.done());
  EXPECT_EQ(stream.events().at(0)["choices"][0]["text"], "an answer of mine");
}

TEST_F(GatewayPolicyTest, WhoLeavesPaysForWhatWasMade) {
  Open();
  for (const bool stream : {true, false}) {
    Json body = Plain("dice 472951?");
    body["ignore_eos"] = true;
    body["max_tokens"] = 240;
    body["n"] = 64;
    body["stream"] = stream;
    const size_t before = seen_.Ended();
    const int entered = seen_.Entered();
    {
      RawClient client(server_->port());
      client.Send(PostBytes("/v1/completions", body.dump()));
      if (stream) {
        EXPECT_GT(client.ReadBytes(3000).size(), 2000u);
      } else {
        ASSERT_TRUE(Soon([&] { return seen_.Entered() > entered; }, 10));
      }
    }
    ASSERT_TRUE(WaitForEnds(before + 1));
    const Exchange& exchange = seen_.ended.back();
    EXPECT_EQ(exchange.status, 499);
    EXPECT_LT(exchange.spent.completion_tokens, 64 * 240);
    if (stream) {
      EXPECT_GE(exchange.spent.completion_tokens, 64);
    }
  }
  EXPECT_EQ(Ask(Plain("big 47?")).json()["choices"][0]["text"], "477 A7");
  EXPECT_EQ(seen_.Ended(), 3u);
}

TEST_F(GatewayPolicyTest, WhatCannotBeBookedIsNoAnswer) {
  Open();
  const SeenReply whole = Ask(Plain("big 99?"));
  EXPECT_EQ(whole.status, 500);
  EXPECT_THAT(whole.body, Not(HasSubstr("disk")));
  Json body = Plain("big 99?");
  body["stream"] = true;
  const SeenReply stream = Ask(body);
  EXPECT_FALSE(stream.done());
  EXPECT_TRUE(stream.events().back().contains("error"));
}

TEST_F(GatewayPolicyTest, AMistakeOfAPolicyEndsOneAnswerAlone) {
  Open();
  Json body = Plain("big 98?");
  const SeenReply whole = Ask(body);
  EXPECT_EQ(whole.status, 500);
  EXPECT_THAT(whole.body, Not(HasSubstr("mistake")));
  body["stream"] = true;
  body["n"] = 3;
  EXPECT_EQ(Ask(body).status, 500);
  EXPECT_EQ(Ask(Plain("big 47?")).json()["choices"][0]["text"], "477 A7");
  EXPECT_TRUE(WaitForEnds(3));
}

// A stop of the server refunds nothing.
TEST_F(GatewayPolicyTest, WhatWasMadeIsChargedWhenTheServerEnds) {
  enum class Client { kStays, kLeft, kLeaves };
  for (const Client client_does : {Client::kLeft, Client::kLeaves, Client::kStays}) {
    Open();
    const size_t before = seen_.Ended();
    Json body = Plain("dice 472951?");
    body["ignore_eos"] = true;
    body["max_tokens"] = 240;
    body["n"] = 64;
    body["stream"] = true;
    RawClient client(server_->port());
    client.Send(PostBytes("/v1/completions", body.dump()));
    EXPECT_GT(client.ReadBytes(3000).size(), 2000u);
    if (client_does != Client::kStays) server_->Stop(0);
    if (client_does == Client::kLeft) {
      ASSERT_TRUE(WaitForEnds(before + 1));
    }
    gateway_.reset();
    server_->Stop(0);
    ASSERT_EQ(seen_.Ended(), before + 1);
    const Exchange& exchange = seen_.ended.back();
    // Who leaves in the same moment may be heard of before the end, or not.
    const bool known = client_does == Client::kLeft || (client_does == Client::kLeaves && exchange.status == 499);
    EXPECT_EQ(exchange.status, known ? 499 : 500);
    EXPECT_GE(exchange.spent.completion_tokens, 64);
    EXPECT_EQ(exchange.spent.prompt_tokens, 13);
  }
}

TEST_F(GatewayPolicyTest, RequestsThatStillWaitAreDroppedAtTheEnd) {
  for (int round = 0; round < 5; ++round) {
    Open();
    Json body = Plain(std::string(3000, '7'));
    body["n"] = 100;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 60; ++i) {
      clients.push_back(std::make_unique<RawClient>(server_->port()));
      clients.back()->Send(PostBytes("/v1/completions", body.dump()));
    }
    server_->Stop(0);
    gateway_.reset();
  }
}

// Whoever may not ask at all costs no work, and hears nothing but that; who may is logged, and counted.
TEST_F(GatewayPolicyTest, PoliciesComeBeforeTheWork) {
  Open(MakeQuotaPolicy({.requests_a_day = {5}, .file = (dir_.path() / "charges.jsonl").string()}));
  const std::string wrong = "Authorization: Bearer wrong\r\n";
  const Json fits_not = Plain(std::string(3000, '7')), much_too_long = Plain(std::string(900000, '7'));
  for (const Json& body : {fits_not, much_too_long}) {
    EXPECT_EQ(Ask(body, wrong).status, 401);
    const SeenReply reply = Ask(body);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.json()["error"]["code"], "context_length_exceeded");
    EXPECT_EQ(reply.headers.at("x-probe"), "seen");
  }
  ASSERT_TRUE(WaitForEnds(1));  // the shorter one was counted, and so a policy had it
  EXPECT_EQ(seen_.ended[0].status, 400);
  EXPECT_EQ(seen_.turned_away, std::vector<int>{400});
  EXPECT_EQ(PostText(server_->port(), "/v1/completions", "no JSON", wrong).status, 401);
  const SeenReply broken = PostText(server_->port(), "/v1/completions", "no JSON");
  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(broken.headers.at("x-probe"), "seen");
  EXPECT_EQ(broken.headers.at("connection"), "close");
  EXPECT_EQ(seen_.turned_away.size(), 2u);
}

TEST_F(GatewayPolicyTest, OneCallerDoesNotFillTheServer) {
  GatewayConfig config;
  config.max_answers_each = 3;
  Open({}, config);
  Json body = Plain("big 47?");
  body["n"] = 4;
  const SeenReply reply = Ask(body);
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.json()["error"]["code"], "too_many_answers");
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  ASSERT_TRUE(WaitForEnds(1));
  EXPECT_EQ(seen_.ended[0].status, 429);
  body["n"] = 3;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(body).status, 200);
}

TEST_F(GatewayPolicyTest, MoreThanCanBeMadeIsTurnedAway) {
  GatewayConfig config;
  config.max_answers = 3;
  Open({}, config);
  Json body = Plain("big 47?");
  body["n"] = 4;
  const SeenReply reply = Ask(body);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  body["n"] = 3;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(body).status, 200);
  EXPECT_EQ(seen_.Ended(), 3u);
  EXPECT_EQ(seen_.turned_away, std::vector<int>{503});
}

}  // namespace
}  // namespace retort
