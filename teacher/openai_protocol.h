// The OpenAI protocol's JSON, both ways: chat and text completions, whole or as a stream of events. Everything that
// comes in is taken for hostile: what does not parse is an error, never half an answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/answerer.h"

namespace retort {

struct ApiTeacherConfig;

// The body that asks for `n` answers to the prompt of `request`, each of at most `max_tokens` tokens.
std::string RequestBody(const ApiTeacherConfig& config, const Request& request, int n, int max_tokens);

struct WireChoice {
  std::string text;
  std::string reasoning;  // reasoning_content, or what stands between <think> and </think> at the text's start
  std::string finish_reason;
  // Of the text alone; empty where the server's tokens do not show where the reasoning ends.
  std::vector<TokenLogprob> logprobs;
};

struct WireReply {
  std::string error;                               // not empty: no such reply, and why
  std::vector<std::optional<WireChoice>> choices;  // by index, as many as were asked for; the first of a doubled index
  std::optional<Usage> usage;                      // nullopt: absent, or no counts
};
// `key` is left out of errors, and out of answers where it is long enough to be a secret and not a word.
WireReply ParseReply(std::string_view body, bool stream, int n, const std::string& key);

// What an error's body says, in one line of at most 300 characters, with *** for `key`.
std::string ErrorText(std::string_view body, const std::string& key);
// `text` with *** for `key`; as it is where the key is empty.
std::string WithoutKey(std::string text, const std::string& key);

}  // namespace retort
