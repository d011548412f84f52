// The policies of a whole front door over real sockets: every caller on every route, the last place of a quota, and no
// secret in what is written or sent.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/lm/local_model.h"
#include "core/lm/tokenizer.h"
#include "teacher/provider/request_log.h"
#include "teacher/provider/server/decode_engine.h"
#include "teacher/provider/server/gateway.h"
#include "tests/teacher/provider/gateway_files.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class FrontDoorTest : public ::testing::Test {
 protected:
  void Open(const PoliciesConfig& policies) {
    gateway_ = std::make_unique<Gateway>(
        GatewayConfig{.model = "folds"},
        [](std::function<void(std::function<void()>)> post) {
          return MakeDecodeEngine(std::make_unique<LocalModel>(RETORT_SOURCE_DIR "/configs/models/folds-scholar"), 1,
                                  std::move(post));
        },
        PolicyChain(MakePolicies(policies)), Card{.name = "folds", .identity = "x"}, true);
    server_ = std::make_unique<HttpServer>("127.0.0.1", 0, HttpLimits{},
                                           [this](HttpRequest request, std::shared_ptr<HttpReply> reply) {
                                             gateway_->Handle(std::move(request), std::move(reply));
                                           });
  }
  void TearDown() override { Close(); }
  void Close() {
    if (server_) server_->Stop(0);
    server_.reset();
    gateway_.reset();
  }
  static Json Completion() {
    return {{"model", "folds"}, {"prompt", "max 12?"}, {"temperature", 0}, {"max_tokens", 8}};
  }
  static Json Chat(bool stream) {
    return {{"model", "folds"},
            {"messages", {{{"role", "user"}, {"content", "max 12?"}}}},
            {"temperature", 0},
            {"max_tokens", 8},
            {"stream", stream}};
  }
  // What each route answers to these header lines.
  std::vector<std::pair<std::string, SeenReply>> Everywhere(const std::string& headers) const {
    const int port = server_->port();
    return {{"/v1/models", Get(port, "/v1/models", headers)},
            {"/v1/models/folds", Get(port, "/v1/models/folds", headers)},
            {"/v1/completions", Post(port, "/v1/completions", Completion(), headers)},
            {"/v1/chat/completions", Post(port, "/v1/chat/completions", Chat(false), headers)},
            {"/v1/chat/completions, streamed", Post(port, "/v1/chat/completions", Chat(true), headers)}};
  }

  GatewayFiles files_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(FrontDoorTest, EveryCallerOnEveryRoute) {
  Open(files_.Config());
  for (const CallerCase& caller : files_.Callers()) {
    const std::string header =
        caller.authorization.empty() ? "" : fmt::format("Authorization: {}\r\n", caller.authorization);
    for (const auto& [route, reply] : Everywhere(header)) {
      EXPECT_EQ(reply.status, caller.status) << caller.name << " " << route << " " << reply.body;
      if (caller.status == 200) continue;
      EXPECT_EQ(reply.json()["error"]["code"], caller.code) << caller.name << " " << route;
      EXPECT_THAT(reply.head, HasSubstr("application/json")) << "no stream is begun";
    }
  }
  EXPECT_EQ(Get(server_->port(), "/health").status, 200) << "health is for all";
}

TEST_F(FrontDoorTest, AKeyIsReadFromItsHeaderAlone) {
  Open(files_.Config());
  const std::string &key = files_.key("email"), bearer = "Bearer " + key;
  for (const auto& [route, reply] : Everywhere("authorization: " + bearer + "\r\n"))
    EXPECT_EQ(reply.status, 200) << route;
  for (const auto& [route, reply] : Everywhere(fmt::format("Authorization: {0}\r\nAUTHORIZATION: {0}\r\n", bearer))) {
    EXPECT_EQ(reply.status, 400) << route;
    EXPECT_THAT(reply.body, Not(HasSubstr(key)));
  }
  for (const char* header : {"Proxy-Authorization", "X-Api-Key", "api-key", "Cookie"}) {
    for (const auto& [route, reply] : Everywhere(fmt::format("{}: {}\r\n", header, bearer))) {
      EXPECT_EQ(reply.status, 401) << header << " " << route;
    }
  }
  for (const char* name : {"api_key", "key", "access_token", "Authorization", "api%5Fkey", "%6bey"}) {
    const SeenReply reply = Post(server_->port(), fmt::format("/v1/completions?{}={}", name, key), Completion());
    EXPECT_EQ(reply.status, 401) << name;
    EXPECT_THAT(reply.body, HasSubstr("never in the address"));
    EXPECT_THAT(reply.body, Not(HasSubstr("choices")));
    EXPECT_THAT(reply.body, Not(HasSubstr(key))) << "nor is it sent back";
  }
  Json body = Completion();
  body["api_key"] = key;
  EXPECT_GE(Post(server_->port(), "/v1/completions", body).status, 400);
}

// Who may not ask is told so by its header; its body is not waited for.
TEST_F(FrontDoorTest, WhoMayNotAskIsTurnedAwayBeforeItsBodyIsRead) {
  PoliciesConfig config = files_.Config();
  config.use.insert(config.use.end() - 1, "address_block");
  config.address_block = {.requests_a_minute = 1, .burst = 20};
  config.rate_limit = {.requests_a_minute = {1, 1, 1, 0, 1}, .burst = 2};
  Open(config);
  std::string ids;
  const auto knocks = [&](const std::string& header, int status, const std::string& code) {
    RawClient client(server_->port());
    client.Send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + header +
                "Content-Length: 900000\r\n\r\n");
    const SeenReply reply = client.Read();
    EXPECT_EQ(reply.status, status) << header;
    EXPECT_EQ(reply.json()["error"]["code"], code);
    EXPECT_EQ(reply.headers.at("connection"), "close");
    ids += reply.headers.at("x-request-id") + " ";
  };
  const auto of = [&](const char* tier) { return "Authorization: Bearer " + files_.key(tier) + "\r\n"; };
  for (int i = 0; i < 10; ++i) knocks("", 401, "missing_api_key");
  knocks("Authorization: Bearer rk-0123\r\n", 401, "invalid_api_key");
  knocks(of("document"), 403, "tier_not_allowed");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(Post(server_->port(), "/v1/completions", Completion(), of("email")).status, 200);
  knocks(of("email"), 429, "rate_limit_exceeded");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(Post(server_->port(), "/v1/completions", Completion(), of("phone")).status, 200);
  for (int i = 0; i < 2; ++i) {  // counted as well
    EXPECT_EQ(PostText(server_->port(), "/v1/completions", "no JSON", of("business")).status, 400);
  }
  knocks(of("business"), 429, "rate_limit_exceeded");  // the 20th from this address
  knocks("", 429, "rate_limit_exceeded");              // whoever tries keys is slowed as well
  Close();
  int denied = 0;
  for (const auto& entry : std::filesystem::directory_iterator(files_.folder() / "logs")) {
    if (entry.path().extension() != ".jsonl") continue;
    ForEachRequest(entry.path(), [&](const RequestRecord& record) {
      EXPECT_FALSE(record.request_id.empty());
      denied += ids.find(record.request_id + " ") != std::string::npos && record.status >= 400 ? 1 : 0;
      return true;
    });
  }
  EXPECT_EQ(denied, 15) << "each is in the log, by the name that its client was told";
}

TEST_F(FrontDoorTest, Of64AtOnceExactlyOneGetsTheLastPlace) {
  PoliciesConfig config = files_.Config();
  config.quota.requests_a_day = {0, 3, 3, 3, 3};
  Open(config);
  const std::string header = "Authorization: Bearer " + files_.key("phone") + "\r\n";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Post(server_->port(), "/v1/completions", Completion(), header).status, 200);
  std::atomic<bool> go = false;
  std::mutex mutex;
  std::map<int, int> statuses;
  std::vector<std::thread> threads;
  threads.reserve(64);
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      while (!go) std::this_thread::yield();
      const SeenReply reply = Post(server_->port(), "/v1/completions", Completion(), header);
      if (reply.status == 429) {
        EXPECT_GT(std::stoi(reply.headers.at("retry-after")), 0);
      }
      const std::scoped_lock lock(mutex);
      ++statuses[reply.status];
    });
  }
  go = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(statuses, (std::map<int, int>{{200, 1}, {429, 63}}));
}

TEST_F(FrontDoorTest, ChoicesAndAnswersAreChargedUpFrontAndPutRight) {
  PoliciesConfig config = files_.Config();
  config.quota = {.tokens_a_day = {1000}, .file = config.quota.file};
  Open(config);
  const std::string header = "Authorization: Bearer " + files_.key("phone") + "\r\n";
  Json body = Completion();
  body["n"] = 100;
  body["max_tokens"] = 20;
  EXPECT_EQ(Post(server_->port(), "/v1/completions", body, header).status, 429) << "a hundred times twenty";
  body["n"] = 2;
  const SeenReply first = Post(server_->port(), "/v1/completions", body, header);
  ASSERT_EQ(first.status, 200);
  const int64_t used = first.json()["usage"]["total_tokens"];
  const SeenReply second = Post(server_->port(), "/v1/completions", body, header);
  const int64_t prompt = second.json()["usage"]["prompt_tokens"];
  EXPECT_EQ(second.headers.at("x-ratelimit-remaining-tokens"), std::to_string(1000 - used - prompt - 40));
  EXPECT_EQ(second.headers.at("x-terms-version"), "2026-11");
  body = {{"model", "folds"}, {"prompt", {"max 12?", "min 12?"}}, {"max_tokens", 40}, {"n", 12}};
  EXPECT_EQ(Post(server_->port(), "/v1/completions", body, header).status, 429) << "each prompt is charged";
}

TEST_F(FrontDoorTest, AMarkIsInWhatIsSampledAndInNothingElse) {
  setenv("RETORT_TEST_WATERMARK", "0123456789abcdef", 1);
  const WatermarkPolicyConfig config{.settings = {.delta = 10}, .key_env = "RETORT_TEST_WATERMARK"};
  const LocalModel model(RETORT_SOURCE_DIR "/configs/models/folds-scholar");
  for (const bool marked : {true, false}) {
    PoliciesConfig policies{.use = {marked ? "watermark" : "log"}, .watermark = config};
    policies.log.folder = (files_.folder() / "logs").string();
    Open(policies);
    WatermarkDetector detector(MakeWatermark(config));
    Json body = Completion();
    body.update({{"temperature", 1.5}, {"seed", 1}, {"max_tokens", 60}, {"n", 16}, {"ignore_eos", true}});
    const SeenReply reply = Post(server_->port(), "/v1/completions", body);
    ASSERT_EQ(reply.status, 200) << reply.body;
    const std::vector<int> prompt = model.tokenizer().Encode("max 12?");
    const Json answer = reply.json();
    for (const Json& choice : answer["choices"]) {
      detector.Add(prompt, model.tokenizer().Encode(choice["text"].get<std::string>()));
    }
    const WatermarkEvidence found = detector.Evidence();
    EXPECT_GT(found.pairs, 50);
    if (marked) {
      EXPECT_LT(found.p_value, 1e-6) << found.green << " of " << found.pairs;
    } else {
      EXPECT_GT(found.p_value, 1e-3) << found.green << " of " << found.pairs;
    }
    for (const char* key : {"logit_bias", "presence_penalty"}) {
      Json steered = Completion();
      steered[key] = std::string_view(key) == "logit_bias" ? Json{{"5", 10}} : Json(1);
      if (marked) {
        EXPECT_GE(Post(server_->port(), "/v1/completions", steered).status, 400) << key;
      }
    }
    Close();
  }
  unsetenv("RETORT_TEST_WATERMARK");
}

TEST_F(FrontDoorTest, NoSecretIsWrittenOrSent) {
  Open(files_.Config());
  const std::string prompt = "PROMPT-CANARY\r\n\x1b[2J\xe2\x80\xa8=cmd()<script>";
  std::string seen;
  int answered = 0;
  for (const CallerCase& caller : files_.Callers()) {
    Json body = Completion();
    body["prompt"] = prompt;
    body["user"] = "USER-CANARY";
    const SeenReply reply = Post(server_->port(), "/v1/completions", body,
                                 caller.authorization.empty() ? "" : "Authorization: " + caller.authorization + "\r\n");
    seen += reply.head + reply.body;
    answered += reply.status == 200 || reply.status == 401 ? 1 : 0;
  }
  Get(server_->port(), "/v1/models?key=" + files_.key("email"));
  Close();
  size_t records = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(files_.folder())) {
    if (!entry.is_regular_file()) continue;
    seen += entry.path().string() + ReadFile(entry.path());
    if (entry.path().parent_path().filename() != "logs" || entry.path().extension() != ".jsonl") continue;
    ForEachRequest(entry.path(), [&](const RequestRecord& record) {
      records += record.endpoint == "/v1/completions" ? 1 : 0;
      return true;
    });
  }
  EXPECT_GT(answered, 0);
  EXPECT_GE(records, 8u);
  EXPECT_THAT(seen, Not(HasSubstr("CANARY")));
  for (const CallerCase& caller : files_.Callers()) {
    const size_t at = caller.authorization.find("rk-");
    if (at == std::string::npos) continue;
    EXPECT_THAT(seen, Not(HasSubstr(caller.authorization.substr(at + 20, 20)))) << caller.name;
  }
}

}  // namespace
}  // namespace retort
