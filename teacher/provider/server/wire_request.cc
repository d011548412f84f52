#include "teacher/provider/server/wire_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/json.h"

namespace retort {
namespace {

using Json = nlohmann::json;

// They say something of the client or how it is billed, and change no answer.
constexpr std::array<std::string_view, 8> kIgnored = {"user",
                                                      "metadata",
                                                      "store",
                                                      "service_tier",
                                                      "safety_identifier",
                                                      "prompt_cache_key",
                                                      "prompt_cache_retention",
                                                      "parallel_tool_calls"};
// Known to the protocol, and not built here: refused unless they ask for nothing.
constexpr std::array<std::string_view, 17> kNotBuilt = {"tools",
                                                        "tool_choice",
                                                        "functions",
                                                        "function_call",
                                                        "modalities",
                                                        "audio",
                                                        "prediction",
                                                        "suffix",
                                                        "reasoning_effort",
                                                        "verbosity",
                                                        "web_search_options",
                                                        "moderation",
                                                        "min_p",
                                                        "repetition_penalty",
                                                        "guided_json",
                                                        "guided_regex",
                                                        "guided_choice"};

bool IsNothing(const Json& value) { return value.is_null() || (value.is_structured() && value.empty()); }

// What a client may say of what is not built, since it is so here anyway.
bool IsAsItIs(std::string_view name, const Json& value) {
  if (IsNothing(value)) return true;
  if (name == "tool_choice" || name == "function_call") return value == "none" || value == "auto";
  if (name == "modalities") return value == Json::array({"text"});
  if (name == "verbosity") return value == "medium";
  if (name == "reasoning_effort") return value == "none";
  if (name == "suffix") return value.is_string() && value.get_ref<const std::string&>().empty();
  return false;
}

// The arguments of one body; each is taken once, and what is left in the end is unknown.
class Arguments {
 public:
  explicit Arguments(const Json& body) : body_(body) {
    if (!body.is_object()) throw WireError("the body must be a JSON object");
  }

  // nullptr: absent, or null.
  const Json* Take(std::string_view name) {
    taken_.emplace(name);
    const auto found = body_.find(std::string(name));
    return found == body_.end() || found->is_null() ? nullptr : &*found;
  }

  bool Flag(std::string_view name) {
    const Json* value = Take(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) Bad(name, "must be true or false");
    return value->get<bool>();
  }

  std::optional<int64_t> Integer(std::string_view name, int64_t low, int64_t high) {
    const Json* value = Take(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_integer()) Bad(name, "must be a whole number");
    const bool huge = value->is_number_unsigned() &&
                      value->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    const int64_t number = huge ? 0 : value->get<int64_t>();
    if (huge || number < low || number > high) Bad(name, fmt::format("must be from {} to {}", low, high));
    return number;
  }

  std::optional<double> Number(std::string_view name, double low, double high) {
    const Json* value = Take(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) Bad(name, "must be a number");
    const auto number = value->get<double>();
    if (!(number >= low && number <= high)) Bad(name, fmt::format("must be from {} to {}", low, high));
    return number;
  }

  void CheckNoneLeft() {
    for (const std::string_view name : kIgnored) taken_.emplace(name);
    for (const std::string_view name : kNotBuilt) {
      const Json* value = Take(name);
      if (value == nullptr || IsAsItIs(name, *value)) continue;
      throw WireError(fmt::format("{} is not supported here", name), std::string(name), "unsupported_parameter");
    }
    for (const auto& [name, value] : body_.items()) {
      if (taken_.contains(name)) continue;
      throw WireError(fmt::format("unrecognized request argument supplied: {}", Excerpt(name, 60)), "",
                      "unknown_parameter");
    }
  }

  [[noreturn]] static void Bad(std::string_view name, std::string_view what) {
    throw WireError(fmt::format("{} {}", name, what), std::string(name), "invalid_value");
  }

 private:
  const Json& body_;
  std::set<std::string, std::less<>> taken_;
};

void Narrow(Arguments& arguments, std::string_view name, bool neutral) {
  if (!neutral) {
    throw WireError(fmt::format("{} is not supported here", name), std::string(name), "unsupported_parameter");
  }
  arguments.Take(name);
}

std::vector<int> Ids(const Json& list) {
  std::vector<int> ids;
  ids.reserve(list.size());
  for (const Json& id : list) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > uint64_t{1} << 30) {
      Arguments::Bad("prompt", "has a token id that is none");
    }
    ids.push_back(id.get<int>());
  }
  return ids;
}

// "text" | ["text", ...] | [id, ...] | [[id, ...], ...]
std::vector<WirePrompt> ReadPrompts(Arguments& arguments) {
  const Json* prompt = arguments.Take("prompt");
  if (prompt == nullptr) throw WireError("you must provide a prompt", "prompt", "missing_required_parameter");
  std::vector<WirePrompt> prompts;
  const auto add = [&](const Json& one) {
    if (one.is_string()) {
      prompts.push_back({.messages = {{"", one.get<std::string>()}}, .ids = {}});
    } else if (one.is_array() && !one.empty()) {
      prompts.push_back({.messages = {}, .ids = Ids(one)});
    } else {
      Arguments::Bad("prompt", "must be a text, a list of token ids that is not empty, or a list of those");
    }
  };
  if (prompt->is_array() && !prompt->empty() && !prompt->front().is_number()) {
    for (const Json& one : *prompt) add(one);
  } else {
    add(*prompt);
  }
  return prompts;
}

// "text", or the parts of a text.
std::string ReadContent(const Json* content, size_t message) {
  const std::string name = fmt::format("messages[{}].content", message);
  if (content != nullptr && content->is_string()) return content->get<std::string>();
  if (content == nullptr || !content->is_array() || content->empty()) Arguments::Bad(name, "must be a text");
  std::string text;
  for (const Json& part : *content) {
    const bool is_text =
        part.is_object() && part.value("type", Json()) == "text" && part.value("text", Json()).is_string();
    if (!is_text) throw WireError("only text is read here", name, "unsupported_content");
    text += part["text"].get<std::string>();
  }
  return text;
}

std::vector<Message> ReadMessages(Arguments& arguments) {
  const Json* list = arguments.Take("messages");
  if (list == nullptr) throw WireError("you must provide messages", "messages", "missing_required_parameter");
  if (!list->is_array() || list->empty()) Arguments::Bad("messages", "must be a list that is not empty");
  std::vector<Message> messages;
  messages.reserve(list->size());
  for (const Json& entry : *list) {
    const std::string place = fmt::format("messages[{}]", messages.size());
    if (!entry.is_object()) Arguments::Bad(place, "must be an object");
    Arguments fields(entry);
    const Json* role = fields.Take("role");
    if (role == nullptr || !role->is_string()) Arguments::Bad(place + ".role", "must be a text");
    auto name = role->get<std::string>();
    if (name == "developer") name = "system";
    if (name != "system" && name != "user" && name != "assistant") {
      throw WireError("the roles here are system, user and assistant", place + ".role", "invalid_value");
    }
    const Json* content = fields.Take("content");
    for (const auto& [key, value] : entry.items()) {  // `name`, `refusal` of an earlier answer: nobody reads them
      const bool harmless =
          key == "role" || key == "content" || key == "name" || key == "reasoning_content" || IsNothing(value);
      if (!harmless)
        throw WireError(fmt::format("{} has what is not supported here: {}", place, Excerpt(key, 60)), "messages",
                        "unsupported_parameter");
    }
    messages.push_back({std::move(name), ReadContent(content, messages.size())});
  }
  return messages;
}

std::vector<std::string> ReadStop(Arguments& arguments, const WireLimits& limits) {
  const Json* stop = arguments.Take("stop");
  if (stop == nullptr) return {};
  std::vector<std::string> stops;
  const auto add = [&](const Json& one) {
    if (!one.is_string()) Arguments::Bad("stop", "must be a text or a list of texts");
    stops.push_back(one.get<std::string>());
    if (stops.back().empty()) Arguments::Bad("stop", "must not be empty");
    if (stops.back().size() > static_cast<size_t>(limits.max_stop_bytes)) Arguments::Bad("stop", "is too long");
  };
  if (stop->is_array()) {
    if (stop->size() > static_cast<size_t>(limits.max_stops)) {
      Arguments::Bad("stop", fmt::format("may hold {} texts at most", limits.max_stops));
    }
    for (const Json& one : *stop) add(one);
  } else {
    add(*stop);
  }
  return stops;
}

void ReadSampling(Arguments& arguments, WireRequest& request) {
  Sampling& sampling = request.sampling;
  sampling.temperature = arguments.Number("temperature", 0, 2).value_or(1);
  sampling.top_p = arguments.Number("top_p", 0, 1).value_or(1);
  if (sampling.top_p <= 0) sampling.top_p = 1e-6;  // the likeliest alone
  sampling.top_k = static_cast<int>(std::max<int64_t>(0, arguments.Integer("top_k", -1, 1 << 30).value_or(0)));
  sampling.ignore_eos = arguments.Flag("ignore_eos");
  const auto seed = arguments.Integer("seed", std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
  request.has_seed = seed.has_value();
  sampling.seed = seed.value_or(0);
  const bool presence = arguments.Number("presence_penalty", -2, 2).value_or(0) != 0;
  const bool frequency = arguments.Number("frequency_penalty", -2, 2).value_or(0) != 0;
  const Json* bias = arguments.Take("logit_bias");
  if (bias != nullptr && !bias->is_object()) Arguments::Bad("logit_bias", "must be an object");
  request.steers_logits = presence || frequency || (bias != nullptr && !bias->empty());
}

void ReadChatArguments(Arguments& arguments, const WireLimits& limits, WireRequest& request) {
  request.prompts = {{.messages = ReadMessages(arguments), .ids = {}}};
  const auto older = arguments.Integer("max_tokens", 1, 1 << 30);
  const auto newer = arguments.Integer("max_completion_tokens", 1, 1 << 30);
  if (older && newer) Arguments::Bad("max_tokens", "and max_completion_tokens are the same: give one");
  if (older || newer) request.max_tokens = static_cast<int>(newer ? *newer : *older);
  const bool logprobs = arguments.Flag("logprobs");
  const auto top = arguments.Integer("top_logprobs", 0, limits.max_top_logprobs);
  if (top && !logprobs) Arguments::Bad("top_logprobs", "needs logprobs to be true");
  if (logprobs) request.sampling.top_logprobs = static_cast<int>(top.value_or(0));
  if (const Json* format = arguments.Take("response_format"); format != nullptr) {
    Narrow(arguments, "response_format", format->is_object() && format->value("type", Json()) == "text");
  }
}

void ReadTextArguments(Arguments& arguments, const WireLimits& limits, WireRequest& request) {
  request.prompts = ReadPrompts(arguments);
  request.max_tokens = static_cast<int>(arguments.Integer("max_tokens", 0, 1 << 30).value_or(16));
  request.echo = arguments.Flag("echo");
  if (const Json* logprobs = arguments.Take("logprobs"); logprobs != nullptr && !logprobs->is_boolean()) {
    request.sampling.top_logprobs = static_cast<int>(*arguments.Integer("logprobs", 0, limits.max_top_logprobs));
  } else if (logprobs != nullptr && logprobs->get<bool>()) {
    Arguments::Bad("logprobs", "must be a whole number here");
  }
  if (const auto best = arguments.Integer("best_of", 1, 128))
    Narrow(arguments, "best_of", *best == 1 || *best == request.n);
}

}  // namespace

WireRequest ParseWireRequest(std::string_view body, bool chat, const WireLimits& limits) {
  Json json;
  try {
    json = ParseJson(body, {}, {.max_bytes = body.size(), .max_depth = limits.max_depth});
  } catch (const Error& error) {
    WireError wire(fmt::format("the body cannot be read as JSON: {}", error.what()));
    wire.close = true;
    throw WireError(std::move(wire));
  }
  Arguments arguments(json);
  WireRequest request{.chat = chat};
  const Json* model = arguments.Take("model");
  if (model == nullptr || !model->is_string()) {
    throw WireError("you must provide a model", "model", "missing_required_parameter");
  }
  request.model = model->get<std::string>();
  request.n = static_cast<int>(arguments.Integer("n", 1, limits.max_choices).value_or(1));
  request.stream = arguments.Flag("stream");
  if (const Json* options = arguments.Take("stream_options"); options != nullptr) {
    if (!request.stream) Arguments::Bad("stream_options", "needs stream to be true");
    Arguments fields(*options);
    request.include_usage = fields.Flag("include_usage");
    fields.Flag("include_obfuscation");
    fields.CheckNoneLeft();
  }
  request.stop = ReadStop(arguments, limits);
  ReadSampling(arguments, request);
  if (chat) {
    ReadChatArguments(arguments, limits, request);
  } else {
    ReadTextArguments(arguments, limits, request);
  }
  arguments.CheckNoneLeft();
  if (request.prompts.size() > static_cast<size_t>(limits.max_choices / request.n)) {
    throw WireError(fmt::format("one request may have {} answers at most, its prompts times n", limits.max_choices),
                    "prompt", "invalid_value");
  }
  return request;
}

}  // namespace retort
