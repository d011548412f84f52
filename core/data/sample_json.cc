// Samples as JSON lines, both ways. Bytes of tokens are lists of numbers, as in OpenAI's logprobs: a token need not be
// whole UTF-8. Text must be; what is not becomes U+FFFD.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/data/json_fields.h"
#include "core/data/sample_set.h"

namespace retort {
namespace {

using Json = nlohmann::json;

Json MessagesToJson(const std::vector<Message>& messages, bool plain) {
  if (plain) return messages[0].content;
  Json list = Json::array();
  for (const Message& message : messages) list.push_back({{"role", message.role}, {"content", message.content}});
  return list;
}

Json BytesToJson(const std::string& bytes) {
  Json list = Json::array();
  for (const char byte : bytes) list.push_back(static_cast<unsigned char>(byte));
  return list;
}

template <class T>
Json TokenToJson(const T& token) {
  Json json = {{"bytes", BytesToJson(token.bytes)}, {"logprob", token.logprob}};
  if (token.id >= 0) json["id"] = token.id;
  return json;
}

// What no chat format here has a place for must not be left out unsaid.
void RefuseTools(const JsonFields& fields, const char* key) {
  const Json* value = fields.Find(key);
  if (value == nullptr || value->empty()) return;
  throw Error(fields.At(key), "tools are not supported", "take the row out");
}

std::vector<Message> ParseMessages(const JsonFields& fields, const char* key) {
  const Json& value = fields.Get(key);
  if (value.is_string()) return {{.role = "", .content = value.get<std::string>()}};
  if (!value.is_array()) fields.Fail(key, "a string or a list of messages");
  if (value.empty()) throw Error(fields.At(key), "is an empty list", "give at least one message");
  std::vector<Message> messages;
  for (const Json& entry : value) {
    const JsonFields message(entry, fields.At(fmt::format("{}[{}]", key, messages.size())));
    Message& next = messages.emplace_back();
    RefuseTools(message, "tool_calls");
    message.Get("role");
    message.Get("content");
    message.Read("role", next.role);
    message.Read("content", next.content);
    if (next.role.empty()) throw Error(message.At("role"), "is empty", "write plain text as a string, not as a list");
  }
  return messages;
}

// One answer, or a pair: the better and the worse one.
void ParseAnswers(const JsonFields& fields, const Where& where, Sample& sample) {
  const bool pair = fields.Find("chosen") != nullptr || fields.Find("rejected") != nullptr;
  if (pair && fields.Find("completion") != nullptr) {
    throw Error(where, "has a completion beside chosen and rejected", "keep one or the other");
  }
  const char* answer = pair ? "chosen" : "completion";
  sample.completion = ParseMessages(fields, answer);
  if (pair) {
    sample.rejected = ParseMessages(fields, "rejected");
    fields.Read("rejected_finish_reason", sample.rejected_finish_reason);
  }
  const bool plain = IsPlain(sample.prompt);
  if (plain != IsPlain(sample.completion) || (pair && plain != IsPlain(sample.rejected))) {
    throw Error(where,
                pair ? "of prompt, chosen and rejected some are strings, others lists of messages"
                     : "one of prompt and completion is a string, the other a list of messages",
                pair ? "write all as strings or all as lists" : "write both as strings or both as lists");
  }
}

template <class T>
void ParseToken(const JsonFields& fields, T& token) {
  const Json& bytes = fields.Get("bytes");
  if (!bytes.is_array()) fields.Fail("bytes", "a list of bytes");
  for (const Json& byte : bytes) {
    if (!byte.is_number_unsigned() || byte.get<uint64_t>() > 255) fields.Fail("bytes", "a list of numbers 0 to 255");
    token.bytes += static_cast<char>(byte.get<uint64_t>());
  }
  fields.Get("logprob");
  fields.Read("logprob", token.logprob);
  fields.Read("id", token.id);
}

std::vector<TokenLogprob> ParseLogprobs(const JsonFields& fields) {
  std::vector<TokenLogprob> tokens;
  const Json* list = fields.Find("logprobs");
  if (list == nullptr) return tokens;
  if (!list->is_array()) fields.Fail("logprobs", "a list of tokens");
  for (const Json& entry : *list) {
    const JsonFields token(entry, fields.At(fmt::format("logprobs[{}]", tokens.size())));
    TokenLogprob& next = tokens.emplace_back();
    ParseToken(token, next);
    const Json* top = token.Find("top");
    if (top == nullptr) continue;
    if (!top->is_array()) token.Fail("top", "a list of tokens");
    for (const Json& candidate : *top) {
      const JsonFields fields_of_top(candidate, token.At(fmt::format("top[{}]", next.top.size())));
      ParseToken(fields_of_top, next.top.emplace_back());
    }
  }
  return tokens;
}

}  // namespace

std::string ToJsonLine(const Sample& sample) {
  const bool pair = !sample.rejected.empty();
  const bool plain = IsPlain(sample.prompt) && IsPlain(sample.completion) && (!pair || IsPlain(sample.rejected));
  for (const auto* messages : {&sample.prompt, &sample.completion, &sample.rejected}) {
    for (const Message& message : *messages) {
      if (!plain && message.role.empty()) {
        throw Error(fmt::format("sample {} mixes plain text with chat messages", Excerpt(sample.id)));
      }
    }
    if (messages->empty() && messages != &sample.rejected)
      throw Error(fmt::format("sample {} has no prompt or no completion", Excerpt(sample.id)));
  }
  Json json = {
      {"id", sample.id},
      {"attempt", sample.attempt},
      {"prompt", MessagesToJson(sample.prompt, plain)},
      {pair ? "chosen" : "completion", MessagesToJson(sample.completion, plain)},
      {"finish_reason", sample.finish_reason},
      {"usage", {{"prompt_tokens", sample.usage.prompt_tokens}, {"completion_tokens", sample.usage.completion_tokens}}},
  };
  if (pair) json["rejected"] = MessagesToJson(sample.rejected, plain);
  if (!sample.rejected_finish_reason.empty()) json["rejected_finish_reason"] = sample.rejected_finish_reason;
  if (!sample.reasoning.empty()) json["reasoning"] = sample.reasoning;
  if (sample.grade) {
    json["grade"] = {{"parsed", sample.grade->parsed}, {"score", sample.grade->score}};
    if (sample.grade->step_accuracy) json["grade"]["step_accuracy"] = *sample.grade->step_accuracy;
  }
  if (!sample.logprobs.empty()) {
    Json& list = json["logprobs"] = Json::array();
    for (const TokenLogprob& token : sample.logprobs) {
      Json entry = TokenToJson(token);
      for (const TokenLogprob::Top& candidate : token.top) entry["top"].push_back(TokenToJson(candidate));
      list.push_back(std::move(entry));
    }
  }
  return DumpJson(json);
}

Sample ParseSample(std::string_view line, const std::string& file, int line_number) {
  const Where where{.file = file, .line = line_number};
  const Json json = ParseJson(line, where);
  const JsonFields fields(json, where);
  Sample sample;
  sample.id = fmt::format("line-{}", line_number);
  fields.Read("id", sample.id);
  fields.Read("attempt", sample.attempt);
  RefuseTools(fields, "tools");
  sample.prompt = ParseMessages(fields, "prompt");
  ParseAnswers(fields, where, sample);
  fields.Read("reasoning", sample.reasoning);
  fields.Read("finish_reason", sample.finish_reason);
  if (const Json* usage = fields.Find("usage")) {
    const JsonFields counts(*usage, fields.At("usage"));
    counts.Read("prompt_tokens", sample.usage.prompt_tokens);
    counts.Read("completion_tokens", sample.usage.completion_tokens);
  }
  if (const Json* grade = fields.Find("grade")) {
    const JsonFields verdict(*grade, fields.At("grade"));
    sample.grade.emplace();
    verdict.Read("parsed", sample.grade->parsed);
    verdict.Read("score", sample.grade->score);
    verdict.Read("step_accuracy", sample.grade->step_accuracy);
  }
  sample.logprobs = ParseLogprobs(fields);
  return sample;
}

}  // namespace retort
