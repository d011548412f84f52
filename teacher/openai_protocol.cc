#include "teacher/openai_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/trim.h"
#include "core/base/utf8.h"
#include "teacher/api_teacher.h"

namespace retort {
namespace {

using Json = nlohmann::json;

constexpr size_t kShortestSecret = 16;            // "EMPTY" and "ollama" are keys too
constexpr int64_t kMaxTokens = int64_t{1} << 40;  // no count of tokens is as large

// nullptr: no such key, or null.
const Json* Find(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

std::string Text(const Json& json, const char* key) {
  const Json* value = Find(json, key);
  if (value == nullptr) return "";
  if (!value->is_string()) throw Error(fmt::format("\"{}\" is no text", key));
  return value->get<std::string>();
}

std::optional<int64_t> Count(const Json& json, const char* key) {
  const Json* value = Find(json, key);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  if (value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{kMaxTokens}) return std::nullopt;
  const auto count = value->get<int64_t>();
  return count < 0 ? std::nullopt : std::optional(count);
}

std::optional<Usage> ReadUsage(const Json& json) {
  const Json* usage = Find(json, "usage");
  if (usage == nullptr) return std::nullopt;
  const std::optional<int64_t> prompt = Count(*usage, "prompt_tokens"), completion = Count(*usage, "completion_tokens");
  if (!prompt || !completion) return std::nullopt;
  return Usage{.prompt_tokens = *prompt, .completion_tokens = *completion};
}

double Logprob(const Json& value) {
  if (!value.is_number() || value.get<double>() > 1e-3) throw Error("a log-probability is no number of at most 0");
  return std::min(value.get<double>(), 0.0);
}

template <class T>
T ChatToken(const Json& json) {
  T token;
  const Json* bytes = Find(json, "bytes");
  if (bytes != nullptr && bytes->is_array()) {
    for (const Json& byte : *bytes) {
      if (!byte.is_number_unsigned() || byte.get<uint64_t>() > 255) throw Error("a token has bytes that are none");
      token.bytes += static_cast<char>(byte.get<uint64_t>());
    }
  } else {
    token.bytes = Text(json, "token");
  }
  const Json* logprob = Find(json, "logprob");
  token.logprob = Logprob(logprob == nullptr ? Json() : *logprob);
  return token;
}

void AddChatLogprobs(const Json& content, std::vector<TokenLogprob>& out) {
  if (!content.is_array()) throw Error("\"logprobs\" is no list of tokens");
  for (const Json& entry : content) {
    auto token = ChatToken<TokenLogprob>(entry);
    if (const Json* top = Find(entry, "top_logprobs"); top != nullptr) {
      if (!top->is_array()) throw Error("\"top_logprobs\" is no list of tokens");
      for (const Json& candidate : *top) token.top.push_back(ChatToken<TokenLogprob::Top>(candidate));
      std::ranges::stable_sort(token.top, std::ranges::greater{}, &TokenLogprob::Top::logprob);
    }
    out.push_back(std::move(token));
  }
}

// {"tokens": [...], "token_logprobs": [...], "top_logprobs": [{token: logprob}]}
void AddTextLogprobs(const Json& json, std::vector<TokenLogprob>& out) {
  const Json *tokens = Find(json, "tokens"), *values = Find(json, "token_logprobs"), *tops = Find(json, "top_logprobs");
  if (tokens == nullptr || values == nullptr) return;
  if (!tokens->is_array() || !values->is_array() || tokens->size() != values->size()) {
    throw Error("\"logprobs\" has not one number for each token");
  }
  for (size_t i = 0; i < tokens->size(); ++i) {
    if (!(*tokens)[i].is_string()) throw Error("\"tokens\" is no list of texts");
    TokenLogprob token{.bytes = (*tokens)[i].get<std::string>(), .logprob = Logprob((*values)[i]), .top = {}};
    if (tops != nullptr && tops->is_array() && i < tops->size() && (*tops)[i].is_object()) {
      for (const auto& [text, value] : (*tops)[i].items()) {
        token.top.push_back({.bytes = text, .logprob = Logprob(value)});
      }
      std::ranges::stable_sort(token.top, std::ranges::greater{}, &TokenLogprob::Top::logprob);
    }
    out.push_back(std::move(token));
  }
}

void AddLogprobs(const Json& choice, std::vector<TokenLogprob>& out) {
  const Json* logprobs = Find(choice, "logprobs");
  if (logprobs == nullptr) return;
  if (const Json* content = Find(*logprobs, "content"); content != nullptr) {
    AddChatLogprobs(*content, out);
  } else {
    AddTextLogprobs(*logprobs, out);
  }
}

// One choice, or the part of one that an event of a stream brings: text, a whole message, or a delta.
void AddChoice(const Json& json, WireChoice& choice) {
  const Json* message = Find(json, "message");
  if (message == nullptr) message = Find(json, "delta");
  if (message != nullptr) {
    if (Find(*message, "tool_calls") != nullptr && !Find(*message, "tool_calls")->empty()) {
      throw Error("the answer calls a tool");
    }
    choice.text += Text(*message, "content");
    const std::string reasoning = Text(*message, "reasoning_content");
    choice.reasoning += reasoning.empty() ? Text(*message, "reasoning") : reasoning;
  } else if (json.is_object() && json.contains("text")) {
    choice.text += Text(json, "text");
  } else {
    throw Error("a choice has no answer");
  }
  if (std::string reason = Text(json, "finish_reason"); !reason.empty()) choice.finish_reason = std::move(reason);
  AddLogprobs(json, choice.logprobs);
}

void AddChoices(const Json& json, WireReply& reply) {
  const Json* choices = Find(json, "choices");
  if (choices == nullptr || !choices->is_array()) throw Error("the reply has no list \"choices\"");
  int64_t position = 0;
  std::vector<bool> seen(reply.choices.size(), false);
  for (const Json& entry : *choices) {
    const int64_t index = Count(entry, "index").value_or(Find(entry, "index") == nullptr ? position : -1);
    ++position;
    if (index < 0 || index >= static_cast<int64_t>(reply.choices.size())) continue;  // nobody asked for it
    const auto i = static_cast<size_t>(index);
    if (seen[i]) continue;
    seen[i] = true;
    if (!reply.choices[i]) reply.choices[i].emplace();
    AddChoice(entry, *reply.choices[i]);
  }
}

// An error within a reply of status 200, as some servers and most streams send it.
void ThrowIfError(const Json& json, const std::string& key) {
  if (Find(json, "error") != nullptr) {
    throw Error(ErrorText(json.dump(-1, ' ', true, Json::error_handler_t::replace), key));
  }
}

// One event's data; false: the stream's end.
bool ReadEvent(const std::string& data, const std::string& key, WireReply& reply) {
  if (data == "[DONE]") return false;
  if (data.empty()) return true;
  const Json event = ParseJson(data, {});
  ThrowIfError(event, key);
  if (const Json* choices = Find(event, "choices"); choices != nullptr) AddChoices(event, reply);
  if (const std::optional<Usage> usage = ReadUsage(event)) reply.usage = usage;
  return true;
}

// Server-sent events: the lines "data:" up to a blank one are one event.
void ReadStream(std::string_view body, const std::string& key, WireReply& reply) {
  bool done = false;
  std::string data;
  while (!body.empty() && !done) {
    const size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("data:")) {
      line.remove_prefix(5);
      if (line.starts_with(' ')) line.remove_prefix(1);
      data += (data.empty() ? "" : "\n") + std::string(line);
    }
    if (line.empty() || body.empty()) {
      done = !ReadEvent(data, key, reply);
      data.clear();
    }
  }
  for (std::optional<WireChoice>& choice : reply.choices) {
    if (choice && choice->finish_reason.empty() && !done) choice.reset();  // cut off
  }
}

// Keeps the tokens that make up the last `bytes` of what all of them spell; none where no token begins there.
void KeepTail(size_t bytes, std::vector<TokenLogprob>& tokens) {
  size_t begin = tokens.size();
  for (size_t left = bytes; left > 0;) {
    if (begin == 0 || tokens[begin - 1].bytes.size() > left) {
      tokens.clear();
      return;
    }
    left -= tokens[--begin].bytes.size();
  }
  tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(begin));
}

// Some chat templates put the <think> into the prompt, so that the answer only has its end.
void SplitReasoning(WireChoice& choice) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  if (choice.reasoning.empty()) {
    std::string_view text = choice.text;
    const bool opens = TrimText(text).starts_with(kOpen);
    const size_t close = text.find(kClose);
    if (!opens && (close == std::string_view::npos || text.find(kOpen) < close)) return;
    const size_t from = opens ? text.find(kOpen) + kOpen.size() : 0;
    if (opens && close == std::string_view::npos) {  // cut off while it thought
      choice.reasoning = TrimText(text.substr(from));
      choice.text.clear();
    } else {
      choice.reasoning = TrimText(text.substr(from, close - from));
      std::string_view answer = text.substr(close + kClose.size());
      answer.remove_prefix(std::min(answer.find_first_not_of(" \t\r\n"), answer.size()));
      choice.text = std::string(answer);
    }
  }
  std::string spelt;
  for (const TokenLogprob& token : choice.logprobs) spelt += token.bytes;
  if (!spelt.ends_with(choice.text)) {
    choice.logprobs.clear();
  } else {
    KeepTail(choice.text.size(), choice.logprobs);
  }
}

}  // namespace

std::string RequestBody(const ApiTeacherConfig& config, const Request& request, int n, int max_tokens) {
  const Sampling& sampling = request.sampling;
  Json body = {{"model", config.model}, {config.max_tokens_key, max_tokens}, {"temperature", sampling.temperature}};
  const bool chat = config.endpoint == "chat";
  if (chat) {
    Json& messages = body["messages"] = Json::array();
    for (const Message& message : request.prompt) {
      messages.push_back({{"role", message.role.empty() ? "user" : message.role}, {"content", message.content}});
    }
  } else {
    body["prompt"] = Text(request.prompt);
  }
  if (n > 1) body["n"] = n;
  if (sampling.top_p < 1) body["top_p"] = sampling.top_p;
  // Beyond the protocol, but known to vLLM, llama.cpp and most others that serve open weights.
  if (sampling.top_k > 0) body["top_k"] = sampling.top_k;
  if (sampling.ignore_eos) body["ignore_eos"] = true;
  if (!config.stop.empty()) body["stop"] = config.stop;
  if (config.send_seed) {
    const auto seed = static_cast<uint64_t>(sampling.seed);
    body["seed"] = StableHash(seed, fmt::format("{} {}", request.attempt, request.id)) & 0x7fffffff;
  }
  if (sampling.top_logprobs >= 0 && chat) {
    body["logprobs"] = true;
    if (sampling.top_logprobs > 0) body["top_logprobs"] = sampling.top_logprobs;
  } else if (sampling.top_logprobs >= 0) {
    body["logprobs"] = sampling.top_logprobs;
  }
  if (config.stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  return DumpJson(body);
}

WireReply ParseReply(std::string_view body, bool stream, int n, const std::string& key) {
  WireReply reply;
  reply.choices.resize(static_cast<size_t>(n));
  try {
    const std::string text = ToUtf8(body);
    if (stream && !TrimText(text).starts_with('{')) {  // some servers answer a request for a stream with a whole reply
      ReadStream(text, key, reply);
    } else {
      const Json json = ParseJson(text, {});
      ThrowIfError(json, key);
      AddChoices(json, reply);
      reply.usage = ReadUsage(json);
    }
    for (std::optional<WireChoice>& choice : reply.choices) {
      if (!choice) continue;
      SplitReasoning(*choice);
      if (key.size() < kShortestSecret) continue;
      choice->text = WithoutKey(std::move(choice->text), key);
      choice->reasoning = WithoutKey(std::move(choice->reasoning), key);
    }
    if (std::ranges::none_of(reply.choices, [](const auto& choice) { return choice.has_value(); })) {
      reply.error = "the reply has no whole answer";
    }
  } catch (const Error& error) {
    reply.error = fmt::format("the reply cannot be read: {}", WithoutKey(error.what(), key));
  }
  return reply;
}

std::string ErrorText(std::string_view body, const std::string& key) {
  const std::string text = ToUtf8(body.substr(0, size_t{64} << 10));
  try {
    const Json json = ParseJson(text, {});
    const Json* error = Find(json, "error");
    for (const Json* place : {error, &json}) {
      for (const char* name : {"message", "detail", "error"}) {
        const Json* value = place == nullptr ? nullptr : Find(*place, name);
        // Masked before it is cut, so that no part of the key is left.
        if (value != nullptr && value->is_string()) return Excerpt(WithoutKey(value->get<std::string>(), key), 300);
      }
    }
  } catch (const Error&) {  // no JSON: shown as it is
  }
  return Excerpt(WithoutKey(std::string(TrimText(text)), key), 300);
}

std::string WithoutKey(std::string text, const std::string& key) {
  constexpr std::string_view kMask = "***";
  if (key.empty()) return text;
  for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + kMask.size())) {
    text.replace(at, key.size(), kMask);
  }
  return text;
}

}  // namespace retort
