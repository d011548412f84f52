// What a teacher said: the record that every room hands on. A student sees a teacher only through these.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace retort {

// role "" = plain text with no chat format; else "system", "user", "assistant".
struct Message {
  std::string role, content;
  bool operator==(const Message&) const = default;
};

// Tokens that a teacher read and wrote.
struct Usage {
  int64_t prompt_tokens = 0, completion_tokens = 0;

  int64_t Total() const { return prompt_tokens + completion_tokens; }
  Usage& operator+=(const Usage& more) {
    prompt_tokens += more.prompt_tokens;
    completion_tokens += more.completion_tokens;
    return *this;
  }
  Usage& operator-=(const Usage& less) {
    prompt_tokens -= less.prompt_tokens;
    completion_tokens -= less.completion_tokens;
    return *this;
  }
  friend Usage operator+(Usage a, const Usage& b) { return a += b; }
  bool operator==(const Usage&) const = default;
};

// The verdict on one answer.
struct Grade {
  bool parsed = false;  // the answer has the form that the grader reads
  double score = 0;     // in [0, 1]; 1 = right
  std::optional<double>
      step_accuracy;  // share of the reference's worked steps that the answer has right, where defined
  bool operator==(const Grade&) const = default;
};

struct TokenLogprob {
  std::string bytes;   // of the token, not always whole UTF-8
  int id = -1;         // -1: unknown (an API that gives strings only)
  double logprob = 0;  // natural log
  struct Top {
    std::string bytes;
    int id = -1;
    double logprob = 0;
    bool operator==(const Top&) const = default;
  };
  std::vector<Top> top;  // most likely first
  bool operator==(const TokenLogprob&) const = default;
};

struct Sample {
  std::string id;  // of the prompt; attempts of one prompt share it
  int attempt = 0;
  std::vector<Message> prompt, completion;
  std::vector<Message> rejected;       // of a pair: the answer that `completion` is preferred to; else empty
  std::string reasoning;               // what a reasoning teacher shows apart from its answer
  std::string finish_reason;           // "stop", "length"; of a pair: of `completion`
  std::string rejected_finish_reason;  // the same; empty: unknown
  Usage usage;
  std::optional<Grade> grade;
  std::vector<TokenLogprob> logprobs;
  bool operator==(const Sample&) const = default;
};

// The sample with its reasoning put before the answer, as reasoning models write it: "<think>\n...\n</think>\n\n...".
Sample WithThinkTags(Sample sample);

// Whether it is plain text, with no chat format.
bool IsPlain(const std::vector<Message>& messages);
// `text` as the answer to `prompt`: plain text after plain text, else a turn of the assistant.
std::vector<Message> AnswerTo(const std::vector<Message>& prompt, std::string text);

// The texts of the messages, one after the other.
std::string Text(const std::vector<Message>& messages);

}  // namespace retort
