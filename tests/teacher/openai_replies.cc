#include "tests/teacher/openai_replies.h"

#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/base/utf8.h"

namespace retort {
namespace {

using Json = nlohmann::json;

Json BytesOf(const std::string& text) {
  Json bytes = Json::array();
  for (const char c : text) bytes.push_back(static_cast<unsigned char>(c));
  return bytes;
}

Json ChatLogprobs(const std::vector<TokenLogprob>& tokens) {
  Json content = Json::array();
  for (const TokenLogprob& token : tokens) {
    Json top = Json::array();
    for (const TokenLogprob::Top& other : token.top) {
      top.push_back({{"token", ToUtf8(other.bytes)}, {"bytes", BytesOf(other.bytes)}, {"logprob", other.logprob}});
    }
    content.push_back({{"token", ToUtf8(token.bytes)},
                       {"bytes", BytesOf(token.bytes)},
                       {"logprob", token.logprob},
                       {"top_logprobs", std::move(top)}});
  }
  return {{"content", std::move(content)}};
}

Json LegacyLogprobs(const std::vector<TokenLogprob>& tokens) {
  Json texts = Json::array(), logprobs = Json::array(), tops = Json::array(), offsets = Json::array();
  size_t offset = 0;
  for (const TokenLogprob& token : tokens) {
    texts.push_back(ToUtf8(token.bytes));
    logprobs.push_back(token.logprob);
    Json top = Json::object();
    for (const TokenLogprob::Top& other : token.top) top[ToUtf8(other.bytes)] = other.logprob;
    tops.push_back(std::move(top));
    offsets.push_back(offset);
    offset += token.bytes.size();
  }
  return {{"tokens", texts}, {"token_logprobs", logprobs}, {"top_logprobs", tops}, {"text_offset", offsets}};
}

Json Logprobs(const std::vector<TokenLogprob>& tokens, bool legacy) {
  return legacy ? LegacyLogprobs(tokens) : ChatLogprobs(tokens);
}

Json UsageJson(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

Json Envelope(const char* object) {
  return {
      {"id", "cmpl-1"}, {"object", object}, {"created", 1700000000}, {"model", "fake-1"}, {"choices", Json::array()}};
}

std::vector<std::string> Split(const std::string& text, size_t characters) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string& part = parts.emplace_back();
    for (size_t i = 0; i < characters && !rest.empty(); ++i) {
      const size_t length = NextUtf8(rest).length;
      part += rest.substr(0, length);
      rest.remove_prefix(length);
    }
  }
  return parts;
}

std::vector<TokenLogprob> Tokens(const std::string& text, int top) {
  std::vector<TokenLogprob> tokens;
  for (const std::string& part : Split(text, 4)) {
    TokenLogprob& token = tokens.emplace_back(TokenLogprob{.bytes = part, .logprob = -0.25});
    for (int i = 0; i < top; ++i) {
      token.top.push_back({.bytes = i == 0 ? part : "other " + std::to_string(i), .logprob = -0.25 - i});
    }
  }
  return tokens;
}

}  // namespace

std::string ReplyBody(const std::vector<FakeChoice>& choices, const Usage& usage, bool legacy) {
  Json body = Envelope(legacy ? "text_completion" : "chat.completion");
  for (const FakeChoice& choice : choices) {
    Json json = {{"index", choice.index}, {"finish_reason", choice.finish_reason}};
    if (legacy) {
      json["text"] = choice.text;
    } else {
      json["message"] = {{"role", "assistant"}, {"content", choice.text}};
      if (!choice.reasoning.empty()) json["message"]["reasoning_content"] = choice.reasoning;
    }
    if (!choice.logprobs.empty()) json["logprobs"] = Logprobs(choice.logprobs, legacy);
    body["choices"].push_back(std::move(json));
  }
  body["usage"] = UsageJson(usage);
  return body.dump();
}

std::string ReplyEvents(const std::vector<FakeChoice>& choices, const Usage& usage, bool legacy, size_t characters) {
  const char* object = legacy ? "text_completion" : "chat.completion.chunk";
  std::vector<std::vector<Json>> queues;  // of each choice
  for (const FakeChoice& choice : choices) {
    std::vector<Json>& queue = queues.emplace_back();
    const auto add = [&](Json delta) -> Json& {
      queue.push_back({{"index", choice.index}, {"finish_reason", nullptr}});
      if (legacy) {
        queue.back().update(delta);
      } else {
        queue.back()["delta"] = std::move(delta);
      }
      return queue.back();
    };
    if (!legacy) add({{"role", "assistant"}, {"content", ""}});
    for (const std::string& part : Split(choice.reasoning, characters)) add({{"reasoning_content", part}});
    const std::vector<std::string> parts = Split(choice.text, characters);
    const size_t tokens = choice.logprobs.size();
    for (size_t i = 0; i < std::max(parts.size(), tokens); ++i) {
      Json& chunk = add({{legacy ? "text" : "content", i < parts.size() ? parts[i] : ""}});
      if (i < tokens) chunk["logprobs"] = Logprobs({choice.logprobs[i]}, legacy);
    }
    add(legacy ? Json{{"text", ""}} : Json::object())["finish_reason"] = choice.finish_reason;
  }
  std::string events;
  const auto send = [&events](const Json& json) { events += "data: " + json.dump() + "\n\n"; };
  for (size_t i = 0, sent = 1; sent > 0; ++i) {
    sent = 0;
    for (const std::vector<Json>& queue : queues) {
      if (i >= queue.size()) continue;
      Json event = Envelope(object);
      event["choices"].push_back(queue[i]);
      send(event);
      ++sent;
    }
  }
  Json last = Envelope(object);
  last["usage"] = UsageJson(usage);
  send(last);
  return events + "data: [DONE]\n\n";
}

std::string ErrorBody(std::string_view message) {
  return Json{{"error", {{"message", message}, {"type", "invalid_request_error"}, {"code", nullptr}}}}.dump();
}

FullReply JsonReply(std::string body, int status) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
}

FullReply EventReply(std::string body) {
  return {.headers = {{"Content-Type", "text/event-stream; charset=utf-8"}}, .body = std::move(body)};
}

std::string AskedText(const SeenRequest& request) {
  const Json body = Json::parse(request.body);
  if (IsLegacy(request)) return body.at("prompt").get<std::string>();
  std::string text;
  for (const Json& message : body.at("messages")) {
    if (message.at("role") == "user") text = message.at("content").get<std::string>();
  }
  return text;
}

bool IsLegacy(const SeenRequest& request) { return !request.target.ends_with("/chat/completions"); }

FullReply Echo(const SeenRequest& request) {
  const Json body = Json::parse(request.body);
  const bool legacy = IsLegacy(request);
  const std::string asked = AskedText(request);
  const int n = body.value("n", 1);
  int top = -1;
  if (legacy && body.contains("logprobs")) {
    top = body["logprobs"].get<int>();
  } else if (!legacy && body.value("logprobs", false)) {
    top = body.value("top_logprobs", 0);
  }
  std::vector<FakeChoice> choices;
  for (int i = 0; i < n; ++i) {
    choices.push_back({.index = i, .text = EchoText(asked, i)});
    if (top >= 0) choices.back().logprobs = Tokens(choices.back().text, top);
  }
  const Usage usage = EchoUsage(asked, n);
  return body.value("stream", false) ? EventReply(ReplyEvents(choices, usage, legacy))
                                     : JsonReply(ReplyBody(choices, usage, legacy));
}

std::string EchoText(std::string_view asked, int index) {
  return "echo " + std::to_string(index) + ": " + std::string(asked);
}

Usage EchoUsage(std::string_view asked, int n) {
  return {.prompt_tokens = static_cast<int64_t>(asked.size()) / 4 + 3,
          .completion_tokens = n * (static_cast<int64_t>(asked.size()) / 4 + 2)};
}

std::string Gzip(std::string_view body) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;  // the largest window, with gzip's header
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib");
  }
  std::string compressed(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

}  // namespace retort
