// A gateway over a shipped model, with a policy that notes what it sees and does what a test wants.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/lm/local_model.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/server/decode_engine.h"
#include "teacher/provider/server/gateway.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {

inline const std::filesystem::path kModel = RETORT_SOURCE_DIR "/configs/models/folds-scholar";

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
  int Entered() {
    const std::lock_guard lock(mutex);
    return entered;
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
  static nlohmann::json Plain(const nlohmann::json& prompt);
  SeenReply Ask(const nlohmann::json& body, const std::string& headers = "") const;
  bool WaitForEnds(size_t count) {
    return Soon([&] { return seen_.Ended() >= count; }, 10);
  }

  TempDir dir_;
  Seen seen_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace retort
