// A teacher that tells all it has, behind policies: what tests look for in what comes out.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "teacher/provider/guarded_teacher.h"

namespace retort {

// Each half has letters that no hexadecimal digest and no number holds.
inline constexpr char kSecret[] = "CANARY7Q5Z";

// Thinks aloud in every way there is, and gives more probabilities than it is asked for.
class Thinker : public Teacher, public LikelihoodScorer {
 public:
  explicit Thinker(bool in_tags) : in_tags_(in_tags) {}
  Card card() const override {
    return {.name = "thinker", .kind = "local", .identity = "weights", .licence = "mit", .reveals = "logits"};
  }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    asked.insert(asked.end(), requests.begin(), requests.end());
    for (size_t i = requests.size(); i > 0; --i) {  // in an order of its own
      const Request& request = requests[i - 1];
      Reply reply{.id = request.id, .attempt = request.attempt};
      const std::string answer = "42 for " + request.id;
      if (!in_tags_) reply.reasoning = std::string("so ") + kSecret;
      const std::string text = in_tags_ ? std::string("<think>\nso ") + kSecret + "\n</think>\n\n" + answer : answer;
      reply.completion = AnswerTo(request.prompt, text);
      reply.finish_reason = "stop";
      reply.usage = {.prompt_tokens = 10, .completion_tokens = 100};
      for (size_t at = 0; at < text.size(); at += 3) {
        TokenLogprob token{.bytes = text.substr(at, 3), .logprob = -0.123456};
        for (int k = 0; k < 20; ++k)
          token.top.push_back({.bytes = "t" + std::to_string(k), .logprob = -0.123456 * (k + 1)});
        reply.logprobs.push_back(std::move(token));
      }
      if (!on_reply(std::move(reply))) return;
    }
  }
  LikelihoodScorer* scorer() override { return this; }
  std::vector<Likelihood> Score(std::span<const Pair> pairs) override { return std::vector<Likelihood>(pairs.size()); }

  std::vector<Request> asked;

 private:
  bool in_tags_;
};

inline Request Ask(const std::string& id, const std::string& prompt = "question", int top_logprobs = 20) {
  return {.id = id,
          .prompt = {{"user", prompt}},
          .sampling = {.temperature = 1, .max_new_tokens = 200, .top_logprobs = top_logprobs}};
}

struct Guarded {
  explicit Guarded(const PoliciesConfig& config, bool in_tags = false) {
    auto inner = std::make_unique<Thinker>(in_tags);
    thinker = inner.get();
    teacher = Guard(std::move(inner), config);
  }
  std::map<std::string, Reply> All(const std::vector<Request>& requests) const {
    std::map<std::string, Reply> replies;
    teacher->Ask(requests, [&](Reply reply) {
      EXPECT_TRUE(replies.emplace(reply.id, reply).second) << reply.id << " is answered twice";
      return true;
    });
    return replies;
  }
  Reply One(const Request& request) const { return All({request}).at(request.id); }

  Thinker* thinker = nullptr;
  std::unique_ptr<Teacher> teacher;
};

// All that a client gets, as one text.
inline std::string Everything(const Reply& reply) {
  std::string text = Text(reply.completion) + reply.reasoning + reply.error + reply.finish_reason;
  for (const TokenLogprob& token : reply.logprobs) {
    text += token.bytes;
    for (const auto& other : token.top) text += other.bytes;
  }
  return text;
}

}  // namespace retort
