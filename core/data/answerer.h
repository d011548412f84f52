// Whoever answers: teacher, base and student alike, so that one evaluation serves the three.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/config/describe.h"
#include "core/data/sample.h"

namespace retort {

// May change logits before a token is drawn (a watermark, a ban). One object serves many sequences.
class LogitsProcessor {
 public:
  virtual ~LogitsProcessor() = default;
  // `ids`: prompt and what was generated so far. `logits`: (V), changed in place.
  virtual void Process(std::span<const int> ids, std::span<float> logits) = 0;
};

struct Sampling {
  double temperature = 0;  // 0 = greedy
  double top_p = 1;
  int top_k = 0;           // 0 = all
  int max_new_tokens = 0;  // 0 = as many as the task and the context allow
  int64_t seed = 0;
  bool ignore_eos = false;
  int top_logprobs = -1;  // -1: none; 0: the chosen token's; k: also the k most likely
  std::shared_ptr<LogitsProcessor> processor;
  bool operator==(const Sampling&) const = default;
};
void Describe(Describer& d, Sampling& sampling);  // all but processor

struct Request {
  std::string id;  // with `attempt` names this request's own random stream: answers do not depend on the batch
  int attempt = 0;
  std::vector<Message> prompt;
  Sampling sampling;
};

struct Reply {
  std::string id;
  int attempt = 0;
  std::string error;     // not empty: the request failed, and why
  bool refused = false;  // with an error: the same request would fail again
  std::vector<Message> completion;
  std::string reasoning;
  std::string finish_reason;  // "stop", "length"
  Usage usage;
  std::vector<TokenLogprob> logprobs;
};

class Answerer {
 public:
  virtual ~Answerer() = default;
  // Answers all requests; `on_reply` is called once for each, in any order, from the calling thread. It returns false
  // to stop early. A request that fails is a Reply that says so.
  virtual void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) = 0;
};

// Log-likelihood of a given completion, in nats, with its sizes: bits per byte = -nats / ln 2 / bytes.
struct Likelihood {
  double nats = 0;     // sum of log-probabilities (<= 0) of the completion's tokens, EOS included
  int64_t tokens = 0;  // EOS included
  int64_t bytes = 0;   // of the text
};

class LikelihoodScorer {
 public:
  virtual ~LikelihoodScorer() = default;
  struct Pair {
    std::vector<Message> prompt;
    std::string completion;
  };
  virtual std::vector<Likelihood> Score(std::span<const Pair> pairs) = 0;
};

}  // namespace retort
