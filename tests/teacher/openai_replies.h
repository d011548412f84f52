// What a server of the OpenAI protocol answers when nothing is wrong, as bodies that a test can then break.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/sample.h"
#include "tests/teacher/test_server.h"

namespace retort {

struct FakeChoice {
  int index = 0;
  std::string text;
  std::string finish_reason = "stop";
  std::string reasoning;
  std::vector<TokenLogprob> logprobs;  // none: the key is absent
};

// `legacy`: the form of /completions, else that of /chat/completions.
std::string ReplyBody(const std::vector<FakeChoice>& choices, const Usage& usage, bool legacy = false);
// The same as server-sent events, so many characters in each, the choices interleaved, the usage last.
std::string ReplyEvents(const std::vector<FakeChoice>& choices, const Usage& usage, bool legacy = false,
                        size_t characters = 3);
// {"error": {"message": ...}}
std::string ErrorBody(std::string_view message);

FullReply JsonReply(std::string body, int status = 200);
FullReply EventReply(std::string body);

// The text of the request's last user message, or its prompt.
std::string AskedText(const SeenRequest& request);
bool IsLegacy(const SeenRequest& request);
// A right answer to any request that is well formed: both endpoints, n, streams, log-probabilities.
FullReply Echo(const SeenRequest& request);
// What choice `index` of it says, and what it claims to have cost.
std::string EchoText(std::string_view asked, int index = 0);
Usage EchoUsage(std::string_view asked, int n = 1);

// `body` compressed as `Content-Encoding: gzip` has it.
std::string Gzip(std::string_view body);

}  // namespace retort
