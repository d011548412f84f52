#include "teacher/provider/server/wire_reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/json.h"
#include "core/base/utf8.h"

namespace retort {
namespace {

using Json = nlohmann::json;

// JSON has no infinity: a token that cannot be drawn. The 0 makes a -0 none.
double Finite(double logprob) { return std::round(std::max(logprob, -9999.0) * kLogprobSteps) / kLogprobSteps + 0.0; }

// As OpenAI names a token that is no whole text, so that two of them are not the same key.
std::string TokenName(const std::string& bytes) {
  if (IsUtf8(bytes)) return bytes;
  std::string name = "bytes:";
  for (const char c : bytes) name += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return name;
}

template <class Token>
Json ChatToken(const Token& token) {
  Json bytes = Json::array();
  for (const char c : token.bytes) bytes.push_back(static_cast<unsigned char>(c));
  return {{"token", ToUtf8(token.bytes)}, {"logprob", Finite(token.logprob)}, {"bytes", std::move(bytes)}};
}

Json ChatLogprobs(const std::vector<TokenLogprob>& tokens) {
  Json content = Json::array();
  for (const TokenLogprob& token : tokens) {
    Json entry = ChatToken(token);
    Json& top = entry["top_logprobs"] = Json::array();
    for (const TokenLogprob::Top& other : token.top) top.push_back(ChatToken(other));
    content.push_back(std::move(entry));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

// Of the older endpoint: lists side by side. The chosen token is always among the likely ones, as with OpenAI.
Json TextLogprobs(const WireAnswer& answer) {
  Json tokens = Json::array(), values = Json::array(), tops = Json::array(), offsets = Json::array();
  size_t offset = 0;
  const auto add = [&](const TokenLogprob& token, bool known) {
    tokens.push_back(TokenName(token.bytes));
    offsets.push_back(offset);
    offset += static_cast<size_t>(std::ranges::count_if(token.bytes, [](char c) { return (c & 0xc0) != 0x80; }));
    if (!known) {
      values.push_back(nullptr);
      tops.push_back(nullptr);
      return;
    }
    values.push_back(Finite(token.logprob));
    Json top = Json::object();
    for (const TokenLogprob::Top& other : token.top) top.emplace(TokenName(other.bytes), Finite(other.logprob));
    if (!token.top.empty()) top.emplace(TokenName(token.bytes), Finite(token.logprob));
    tops.push_back(std::move(top));
  };
  for (size_t i = 0; i < answer.prompt.size(); ++i) add(answer.prompt[i], i > 0);
  for (const TokenLogprob& token : answer.logprobs) add(token, true);
  for (const TokenLogprob& token : answer.stop) add(token, true);
  return {{"tokens", std::move(tokens)},
          {"token_logprobs", std::move(values)},
          {"top_logprobs", std::move(tops)},
          {"text_offset", std::move(offsets)}};
}

Json FinishReason(const WireAnswer& answer) {
  return answer.finish_reason.empty() ? Json() : Json(answer.finish_reason);
}

Json Choice(bool chat, const WireAnswer& answer) {
  Json choice = {{"index", answer.index}, {"finish_reason", FinishReason(answer)}, {"logprobs", nullptr}};
  if (chat) {
    Json& message = choice["message"] = {{"role", "assistant"}, {"content", answer.text}, {"refusal", nullptr}};
    if (!answer.reasoning.empty()) message["reasoning_content"] = answer.reasoning;
    if (answer.has_logprobs) choice["logprobs"] = ChatLogprobs(answer.logprobs);
  } else {
    choice["text"] = answer.echo + answer.text;
    if (answer.has_logprobs) choice["logprobs"] = TextLogprobs(answer);
  }
  return choice;
}

Json HeadJson(const WireHead& head, const char* chat, const char* text) {
  return {{"id", head.id},
          {"object", head.chat ? chat : text},
          {"created", head.created},
          {"model", head.model},
          {"system_fingerprint", head.fingerprint}};
}

Json UsageJson(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.Total()}};
}

std::string Event(const Json& json) { return "data: " + DumpJson(json) + "\n\n"; }

Json ErrorJson(const WireError& error) {
  return {{"error",
           {{"message", error.message},
            {"type", error.type},
            {"param", error.param.empty() ? Json() : Json(error.param)},
            {"code", error.code.empty() ? Json() : Json(error.code)}}}};
}

Json ModelJson(const std::string& model, int64_t created) {
  return {{"id", model}, {"object", "model"}, {"created", created}, {"owned_by", "retort"}};
}

}  // namespace

std::string WrittenChoice(bool chat, const WireAnswer& answer) { return DumpJson(Choice(chat, answer)); }

std::string WholeReply(const WireHead& head, const std::vector<std::string>& choices, const Usage& usage) {
  Json json = HeadJson(head, "chat.completion", "text_completion");
  json["usage"] = UsageJson(usage);
  std::string whole = R"({"choices":[)";
  for (const std::string& choice : choices) {
    if (whole.back() != '[') whole += ',';
    whole += choice;
  }
  return whole + "]," + DumpJson(json).substr(1);
}

std::string StreamPart(const WireHead& head, const WireAnswer& part, bool first) {
  Json json = HeadJson(head, "chat.completion.chunk", "text_completion");
  Json choice;
  if (head.chat) {
    Json delta = Json::object();
    if (first) delta["role"] = "assistant";
    if (first || !part.text.empty()) delta["content"] = part.text;
    if (!part.reasoning.empty()) delta["reasoning_content"] = part.reasoning;
    choice = {{"index", part.index},
              {"delta", std::move(delta)},
              {"finish_reason", FinishReason(part)},
              {"logprobs", part.has_logprobs && !part.logprobs.empty() ? ChatLogprobs(part.logprobs) : Json()}};
  } else {
    choice = Choice(false, part);
  }
  json["choices"] = Json::array({std::move(choice)});
  if (head.include_usage) json["usage"] = nullptr;
  return Event(json);
}

std::string StreamUsage(const WireHead& head, const Usage& usage) {
  Json json = HeadJson(head, "chat.completion.chunk", "text_completion");
  json["choices"] = Json::array();
  json["usage"] = UsageJson(usage);
  return Event(json);
}

std::string StreamError(const WireError& error) { return Event(ErrorJson(error)); }

std::string ErrorBody(const WireError& error) { return DumpJson(ErrorJson(error)); }

std::string ModelBody(const std::string& model, int64_t created) { return DumpJson(ModelJson(model, created)); }

std::string ModelListBody(const std::string& model, int64_t created) {
  return DumpJson({{"object", "list"}, {"data", Json::array({ModelJson(model, created)})}});
}

}  // namespace retort
