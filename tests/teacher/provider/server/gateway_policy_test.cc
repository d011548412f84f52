// Policies over HTTP: what a client is told, what it cannot learn round them, and that every exchange is settled once,
// however it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/clock.h"
#include "core/lm/local_model.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/server/decode_engine.h"
#include "teacher/provider/server/gateway.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::filesystem::path kModel = RETORT_SOURCE_DIR "/configs/models/folds-scholar";

// Notes what it sees, and does what a test wants.
struct Seen {
  std::mutex mutex;
  std::vector<Exchange> ended;
  std::vector<int> turned_away;  // the status of what came to no answer
  int entered = 0, shown = 0;
  size_t Ended() {
    const std::lock_guard lock(mutex);
    return ended.size();
  }
};

class Probe : public Policy {
 public:
  explicit Probe(Seen& seen) : seen_(seen) {}
  std::optional<Reply> OnRequest(Exchange& exchange) override {
    const std::lock_guard lock(seen_.mutex);
    const std::string& text = exchange.asked.prompt.empty() ? "" : exchange.asked.prompt.back().content;
    exchange.headers.emplace_back("x-probe", "seen");
    if (exchange.caller.key == "wrong") {
      return Deny(exchange, "no such key", {.status = 401, .code = "invalid_api_key"});
    }
    if (text == "slow down") {
      return Deny(exchange, "too fast", {.status = 429, .type = "rate_limit", .code = "rate", .retry_after = 2.5});
    }
    if (text == "canned") {
      Reply reply{.completion = AnswerTo(exchange.asked.prompt, "an answer of mine"), .logprobs = {}};
      reply.finish_reason = "stop";
      return reply;
    }
    ++seen_.entered;
    return std::nullopt;
  }
  void OnReply(Exchange& exchange, Reply& /*reply*/) override {
    const std::lock_guard lock(seen_.mutex);
    ++seen_.shown;
    if (!exchange.asked.prompt.empty() && exchange.asked.prompt.back().content == "big 98?")
      throw std::runtime_error("a mistake");
  }
  void OnEnd(Exchange& exchange) override {
    const std::lock_guard lock(seen_.mutex);
    if (exchange.choices == 0) {
      seen_.turned_away.push_back(exchange.status);
      return;
    }
    seen_.ended.push_back(exchange);
    if (exchange.asked.prompt.back().content == "big 99?") throw std::runtime_error("the disk is full");
  }
  bool allows_scores() const override { return true; }

 private:
  Seen& seen_;
};

class GatewayPolicyTest : public testing::Test {
 protected:
  void Open(std::vector<std::unique_ptr<Policy>> policies, GatewayConfig config = {}) {
    policies.push_back(std::make_unique<Probe>(seen_));
    config.model = "folds";
    gateway_ = std::make_unique<Gateway>(
        config,
        [](std::function<void(std::function<void()>)> post) {
          return MakeDecodeEngine(std::make_unique<LocalModel>(kModel), 1, std::move(post));
        },
        PolicyChain(std::move(policies)), Card{.name = "folds", .identity = "x"}, true);
    server_ = std::make_unique<HttpServer>("127.0.0.1", 0, HttpLimits{},
                                           [this](HttpRequest request, std::shared_ptr<HttpReply> reply) {
                                             gateway_->Handle(std::move(request), std::move(reply));
                                           });
  }
  void Open(std::unique_ptr<Policy> policy = nullptr) {
    std::vector<std::unique_ptr<Policy>> policies;
    if (policy) policies.push_back(std::move(policy));
    Open(std::move(policies));
  }
  void TearDown() override {
    if (server_) server_->Stop(0);
    gateway_.reset();
  }
  static Json Plain(const Json& prompt) {
    return {{"model", "folds"}, {"prompt", prompt}, {"temperature", 0}, {"max_tokens", 60}};
  }
  SeenReply Ask(const Json& body, const std::string& headers = "") const {
    return Post(server_->port(), body.contains("prompt") ? "/v1/completions" : "/v1/chat/completions", body, headers);
  }
  bool WaitForEnds(size_t count) {
    for (const double end = MonotonicSeconds() + 10; MonotonicSeconds() < end;) {
      if (seen_.Ended() >= count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  Seen seen_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> server_;
};

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
    {
      RawClient client(server_->port());
      client.Send(PostBytes("/v1/completions", body.dump()));
      if (stream) {
        EXPECT_GT(client.ReadBytes(3000).size(), 2000u);
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
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
  Open(MakeQuotaPolicy({.requests_a_day = {5}, .file = testing::TempDir() + "/charges_before_work.jsonl"}));
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

TEST_F(GatewayPolicyTest, LogprobsHaveALimitInAll) {
  GatewayConfig config;
  config.max_logprobs = 60 * 3 * 2;
  Open({}, config);
  Json body = Plain("big 47?");
  body["logprobs"] = 2;
  body["n"] = 2;
  EXPECT_EQ(Ask(body).status, 200);
  body["n"] = 3;
  EXPECT_EQ(Ask(body).json()["error"]["code"], "too_many_logprobs");
  body.erase("logprobs");
  EXPECT_EQ(Ask(body).status, 200);
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

TEST_F(GatewayPolicyTest, NothingRebuildsWhatLogprobsAreCutTo) {
  Open(MakeLogprobsPolicy({.top_k = 1, .round_to = 0.5}));
  Json body = Plain("dice 4729?");
  body["temperature"] = 1.5;
  body["seed"] = 1;
  body["logprobs"] = 5;
  for (const bool stream : {false, true}) {
    body["stream"] = stream;
    const SeenReply reply = Ask(body);
    size_t tokens = 0;
    for (const Json& event : stream ? reply.events() : std::vector<Json>{reply.json()}) {
      const Json logprobs = event["choices"][0]["logprobs"];
      if (logprobs.is_null()) continue;
      for (size_t i = 0; i < logprobs["tokens"].size(); ++i) {
        const double value = logprobs["token_logprobs"][i];
        EXPECT_EQ(value, std::round(value * 2) / 2);
        EXPECT_LE(logprobs["top_logprobs"][i].size(), 2u);  // the likeliest, and the one that was drawn
        ++tokens;
      }
    }
    EXPECT_GT(tokens, 10u);
  }
  body["stream"] = false;
  body["echo"] = true;
  EXPECT_EQ(Ask(body).status, 403);
  EXPECT_EQ(Ask(body).json()["error"]["code"], "not_offered");
  body.erase("logprobs");
  EXPECT_THAT(Ask(body).json()["choices"][0]["text"].get<std::string>(), testing::StartsWith("dice 4729?"));
  for (const char* steer : {"presence_penalty", "frequency_penalty"}) {
    body[steer] = 1;
    EXPECT_EQ(Ask(body).status, 400);
    body.erase(steer);
  }
}

// Only the last step is shown: not the way to it, not by a stream, not by stop strings, limits or counts.
TEST_F(GatewayPolicyTest, HiddenReasoningStaysHidden) {
  Open(MakeHideReasoningPolicy({.answer_pattern = "A(\\d)", .usage = "shown"}));
  const Json plain = Ask(Plain("big 4729?")).json();
  EXPECT_EQ(plain["choices"][0]["text"], "8");  // of "477 727 798 A8"
  EXPECT_LT(plain["usage"]["completion_tokens"], 14);
  Json body = Plain("big 4729?");
  body["stream"] = true;
  body["logprobs"] = 2;
  const SeenReply stream = Ask(body);
  EXPECT_THAT(stream.body, Not(HasSubstr("477")));
  EXPECT_THAT(stream.body, Not(HasSubstr("\"7\"")));
  std::string text;
  for (const Json& event : stream.events()) text += event["choices"][0]["text"].get<std::string>();
  EXPECT_EQ(text, "8");
  body = Plain("big 4729?");
  body["stop"] = "7";  // stands in the reasoning alone
  EXPECT_EQ(Ask(body).json()["choices"][0]["text"], "8");
  body["stop"] = "8";
  EXPECT_EQ(Ask(body).json()["choices"][0]["text"], "");
  body.erase("stop");
  body["max_tokens"] = 6;
  EXPECT_EQ(Ask(body).json()["choices"][0]["text"], "");
}

TEST_F(GatewayPolicyTest, ARefusalIsAnError) {
  Open(MakeFilterPolicy({.patterns = {"secret"}, .skills = {"mix10"}, .answer = ""}));
  const SeenReply refused = Ask(Plain("tell the secret"));
  EXPECT_GE(refused.status, 400);
  EXPECT_LT(refused.status, 500);
  EXPECT_TRUE(refused.json()["error"]["message"].is_string());
  EXPECT_EQ(Ask(Plain("big 47?")).status, 200);
}

TEST_F(GatewayPolicyTest, AForwardedAddressIsBelievedOfATrustedProxyAlone) {
  GatewayConfig config;
  config.trusted_proxies = {"127.0.0.0/8"};
  Open({}, config);
  const auto address = [&](const std::string& headers) {
    const size_t before = seen_.Ended();
    const SeenReply reply = Ask(Plain("big 47?"), headers);
    if (reply.status != 200 || !WaitForEnds(before + 1)) return std::to_string(reply.status);
    return seen_.ended.back().caller.address;
  };
  EXPECT_EQ(address("X-Forwarded-For: 203.0.113.5\r\n"), "203.0.113.5");
  EXPECT_EQ(address("X-Forwarded-For: 1.2.3.4\r\nx-forwarded-for: 203.0.113.5, 127.0.0.1\r\n"), "203.0.113.5");
  EXPECT_EQ(address("X-Forwarded-For: ::ffff:203.0.113.5\r\n"), "203.0.113.5");
  EXPECT_EQ(address(""), "127.0.0.1");
  EXPECT_EQ(address("X-Forwarded-For: nonsense\r\n"), "400");
}

}  // namespace
}  // namespace retort
