// What a client of the OpenAI protocol asks for, read from the body of POST /v1/completions and /v1/chat/completions.
// Everything is taken for hostile: a type that is wrong, a value out of range, an argument that nobody knows or that is
// not built here is a WireError that says so, never a silent default. Which arguments are ignored, because they change
// no answer (`user`, `metadata`, `store`, ...), stands in docs/serving.md.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/answerer.h"

namespace retort {

// An answer that is an error, as OpenAI writes it.
class WireError : public std::exception {
 public:
  explicit WireError(std::string what, std::string where = {}, std::string name = {}, int http_status = 400)
      : status(http_status), message(std::move(what)), param(std::move(where)), code(std::move(name)) {}
  const char* what() const noexcept override { return message.c_str(); }

  int status;
  std::string type = "invalid_request_error";
  std::string message, param, code;
  bool close = false;      // what was sent is no JSON: the connection is not to be trusted further
  bool settled = false;    // policies have heard of it
  double retry_after = 0;  // seconds; 0: unsaid
  std::vector<std::pair<std::string, std::string>> headers;  // further ones, of the response
};

struct WireLimits {
  int max_choices = 128;  // answers to one HTTP request: prompts x n
  int max_depth = 32;     // of the JSON
  int max_stops = 16, max_stop_bytes = 256;
  int max_top_logprobs = 20;
};

struct WirePrompt {
  std::vector<Message> messages;
  std::vector<int> ids;  // where the client gave token ids: then `messages` is still to be found
};

struct WireRequest {
  bool chat = false;
  std::string model;
  std::vector<WirePrompt> prompts;  // one of a chat
  int n = 1;
  Sampling sampling;              // max_new_tokens is 0
  std::optional<int> max_tokens;  // as asked for; 0 of a text completion only: the prompt alone
  bool has_seed = false;
  std::vector<std::string> stop;
  bool echo = false, stream = false, include_usage = false;
  bool steers_logits = false;  // by logit_bias or a penalty, which are not built
};

// Throws WireError.
WireRequest ParseWireRequest(std::string_view body, bool chat, const WireLimits& limits);

}  // namespace retort
