// Answers as the OpenAI protocol writes them: whole, as events of a stream, and as errors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/answerer.h"
#include "teacher/provider/server/wire_request.h"

namespace retort {

// What all parts of one answer say.
struct WireHead {
  bool chat = false;
  std::string id;       // "chatcmpl-...", "cmpl-..."
  int64_t created = 0;  // seconds since 1970
  std::string model, fingerprint;
  bool include_usage = false;  // of a stream: every event has the key
};

// One choice, or a part of one.
struct WireAnswer {
  int index = 0;
  std::string text, reasoning;
  std::string finish_reason;  // empty: it goes on
  bool has_logprobs = false;
  std::vector<TokenLogprob> logprobs;
  // Of a text completion that echoes its prompt: its text, and with log-probabilities the prompt's own tokens, the
  // first of which has none, and the token that ended the answer.
  std::string echo;
  std::vector<TokenLogprob> prompt, stop;
};

// JSON of one choice, and of all of them. Log-probabilities are rounded to 1e-4 nats: their last bits depend on what
// else is in the batch, and would tell of other clients.
inline constexpr double kLogprobSteps = 1e4;  // a nat
std::string WrittenChoice(bool chat, const WireAnswer& answer);
std::string WholeReply(const WireHead& head, const std::vector<std::string>& choices, const Usage& usage);
// "data: {...}\n\n". The first part of a choice of a chat names its role.
std::string StreamPart(const WireHead& head, const WireAnswer& part, bool first);
std::string StreamUsage(const WireHead& head, const Usage& usage);
std::string StreamError(const WireError& error);
inline constexpr char kStreamEnd[] = "data: [DONE]\n\n";

std::string ErrorBody(const WireError& error);
std::string ModelBody(const std::string& model, int64_t created);
std::string ModelListBody(const std::string& model, int64_t created);

}  // namespace retort
