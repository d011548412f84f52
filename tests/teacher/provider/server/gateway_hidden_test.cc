// What a client cannot learn round the policies over HTTP, and what it can forge of who it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/teacher/provider/server/gateway_policy_fixture.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class GatewayHiddenTest : public GatewayPolicyTest {};

TEST_F(GatewayHiddenTest, LogprobsHaveALimitInAll) {
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

TEST_F(GatewayHiddenTest, NothingRebuildsWhatLogprobsAreCutTo) {
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
TEST_F(GatewayHiddenTest, HiddenReasoningStaysHidden) {
  Open(MakeHideReasoningPolicy({.answer_pattern = "A(\\d)", .usage = "shown"}));
  const Json plain = Ask(Plain("big 4729?")).json();
  EXPECT_EQ(plain["choices"][0]["text"], "8");  // of "477 727 798 A8"
  EXPECT_LT(plain["usage"]["completion_tokens"], 14);
  Json body = Plain("big 4729?");
  body["stream"] = true;
  body["logprobs"] = 2;
  const SeenReply stream = Ask(body);
  std::string seen = stream.body;
  const Json first = stream.events().at(0);
  for (const std::string& chance : {first["id"].get<std::string>(), first["created"].dump()}) {  // may hold any digits
    for (size_t at = 0; (at = seen.find(chance)) != std::string::npos;) seen.erase(at, chance.size());
  }
  EXPECT_THAT(seen, Not(HasSubstr("477")));
  EXPECT_THAT(seen, Not(HasSubstr("\"7\"")));
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

TEST_F(GatewayHiddenTest, ARefusalIsAnError) {
  Open(MakeFilterPolicy({.patterns = {"secret"}, .skills = {"mix10"}, .answer = ""}));
  const SeenReply refused = Ask(Plain("tell the secret"));
  EXPECT_GE(refused.status, 400);
  EXPECT_LT(refused.status, 500);
  EXPECT_TRUE(refused.json()["error"]["message"].is_string());
  EXPECT_EQ(Ask(Plain("big 47?")).status, 200);
}

TEST_F(GatewayHiddenTest, AForwardedAddressIsBelievedOfATrustedProxyAlone) {
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
