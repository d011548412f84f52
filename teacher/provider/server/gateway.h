// The OpenAI protocol over a model and the policies around it: what a request asks, who answers it, and what goes back.
// Who may do what is no affair of this file's: every request but /health passes the policies (policy_chain.h), so that
// over HTTP they are what they are in process.
//
//   GET /health   GET /v1/models   GET /v1/models/{id}   POST /v1/completions   POST /v1/chat/completions
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config/describe.h"
#include "core/data/sample_set.h"
#include "teacher/provider/policy_chain.h"
#include "teacher/provider/server/engine.h"
#include "teacher/provider/server/http_server.h"
#include "teacher/provider/server/wire_request.h"

namespace retort {

struct GatewayConfig {
  std::string model;              // as clients name it; empty: the name on the teacher's card
  int default_max_tokens = 1024;  // of a chat that asks for none
  int max_tokens = 4096;          // of any answer
  int max_answers = 4096;         // being made or waiting; more are told to come back
  int max_answers_each = 1024;    // of them of one account, or of one address where no account is known
  int v6_prefix = 64;             // bits of the v6 network that counts as one address here
  int max_choices = 128;          // of one request, prompts times n
  int max_top_logprobs = 20;
  int max_logprobs = 1 << 18;                // of one request: all its tokens that have them, times 1 + top_logprobs
  bool completions = true;                   // offers /v1/completions, where a client writes the model's whole text
  std::vector<std::string> trusted_proxies;  // networks whose X-Forwarded-For is believed (client_address.h)
  std::vector<std::string>
      hosts;  // names by which clients may call this server; empty: those of a loopback address, or any
};
void Describe(Describer& d, GatewayConfig& config);

// Makes the engine, given what runs its work outside the decode loop.
using EngineFactory = std::function<std::unique_ptr<Engine>(std::function<void(std::function<void()>)> post)>;

class Gateway {
 public:
  // `card`: of the teacher behind the policies. `loopback`: only this machine can call, so only its own names are
  // hosts (a web page that points a name of its own here is refused).
  Gateway(const GatewayConfig& config, const EngineFactory& engine, PolicyChain policies, const Card& card,
          bool loopback);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // For HttpServer; never blocks.
  void Handle(HttpRequest request, std::shared_ptr<HttpReply> reply);
  const std::string& model() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retort
