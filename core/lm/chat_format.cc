// The chat templates as code: one short function each, after the Jinja text that its comment names. Tools are not
// built: where a published template has a place for them, a tool turn is an Error here all the same, as is every turn
// that the template itself would refuse.
#include "core/lm/chat_format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace retort {
namespace {

using Kind = ChatPart::Kind;
using Messages = std::span<const Message>;

// Neighbouring texts are joined, since a tokenizer may merge across a boundary.
void Add(ChatPart part, ChatParts& parts) {
  if (part.kind == Kind::kText && part.text.empty()) return;
  if (part.kind == Kind::kText && !parts.empty() && parts.back().kind == Kind::kText) {
    parts.back().text += part.text;
  } else {
    parts.push_back(std::move(part));
  }
}
ChatPart Text(std::string text) { return {Kind::kText, std::move(text)}; }
ChatPart Token(std::string text) { return {Kind::kToken, std::move(text)}; }
ChatPart Marker(std::string text) { return {Kind::kMarker, std::move(text)}; }
ChatPart Bos(std::string text) { return {Kind::kBos, std::move(text)}; }
ChatPart Eos(std::string text) { return {Kind::kEos, std::move(text)}; }

void AddAll(std::initializer_list<ChatPart> more, ChatParts& parts) {
  for (const ChatPart& part : more) Add(part, parts);
}

std::string RoleOf(const Message& message) { return message.role.empty() ? "user" : message.role; }

[[noreturn]] void RefuseRole(std::string_view name, std::string_view role) {
  throw Error(fmt::format("the chat template {} has no place for a turn of {} here; leave it out, or take another one",
                          name, Excerpt(role)));
}

// Only system, user and assistant.
void CheckRoles(std::string_view name, Messages messages) {
  for (const Message& message : messages) {
    const std::string role = RoleOf(message);
    if (role != "system" && role != "user" && role != "assistant") RefuseRole(name, role);
  }
}

// Takes a system turn off the front; what is left is of user and assistant in turn.
const Message* TakeSystem(std::string_view name, Messages& messages) {
  const Message* system = nullptr;
  if (!messages.empty() && messages.front().role == "system") {
    system = &messages.front();
    messages = messages.subspan(1);
  }
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string role = RoleOf(messages[i]);
    if (role != (i % 2 == 0 ? "user" : "assistant")) RefuseRole(name, role);
  }
  return system;
}

// Python's str.strip and Jinja's trim.
std::string Trim(std::string_view text) {
  const auto is_space = [](int64_t c) {
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
  };
  size_t begin = 0, end = 0;
  bool seen = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = NextUtf8(text.substr(at));
    if (!is_space(step.code_point)) {
      if (!seen) begin = at;
      seen = true;
      end = at + step.length;
    }
    at += step.length;
  }
  return std::string(text.substr(begin, end - begin));
}

std::string TrimNewlines(std::string_view text, bool left = true, bool right = true) {
  while (left && text.starts_with('\n')) text.remove_prefix(1);
  while (right && text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text);
}

ChatParts Plain(Messages messages, bool) {
  ChatParts parts;
  for (const Message& message : messages) Add(Text(message.content), parts);
  return parts;
}

// ---- <|im_start|>role\ncontent<|im_end|>\n: ChatML, SmolLM2, Qwen

void AddTurn(const std::string& role, const std::string& content, ChatParts& parts) {
  AddAll({Token("<|im_start|>"), Text(role + "\n" + content), Token("<|im_end|>"), Text("\n")}, parts);
}

void AskChatml(bool ask, ChatParts& parts) {
  if (ask) AddAll({Token("<|im_start|>"), Text("assistant\n")}, parts);
}

ChatParts Chatml(Messages messages, bool ask) {  // writes any role
  ChatParts parts;
  for (const Message& message : messages) AddTurn(RoleOf(message), message.content, parts);
  AskChatml(ask, parts);
  return parts;
}

ChatParts WithDefaultSystem(std::string system, Messages messages, bool ask) {
  ChatParts parts;
  if (!messages.empty() && messages.front().role != "system") AddTurn("system", system, parts);
  for (ChatPart& part : Chatml(messages, ask)) Add(std::move(part), parts);
  return parts;
}

ChatParts Smollm2(Messages messages, bool ask) {
  return WithDefaultSystem("You are a helpful AI assistant named SmolLM, trained by Hugging Face", messages, ask);
}

ChatParts Qwen2(Messages messages, bool ask) {
  CheckRoles("qwen2", messages);
  return WithDefaultSystem("You are Qwen, created by Alibaba Cloud. You are a helpful assistant.", messages, ask);
}

ChatParts Qwen3Instruct(Messages messages, bool ask) {
  CheckRoles("qwen3_instruct", messages);
  return Chatml(messages, ask);
}

// The thinking before the last </think>, and what stands behind it.
std::pair<std::string, std::string> SplitThinking(const std::string& content) {
  const std::string_view end = "</think>", begin = "<think>";
  const size_t first = content.find(end);
  if (first == std::string::npos) return {"", content};
  std::string thinking = TrimNewlines(content.substr(0, first), false, true);
  if (const size_t at = thinking.rfind(begin); at != std::string::npos) thinking.erase(0, at + begin.size());
  return {TrimNewlines(thinking, true, false),
          TrimNewlines(content.substr(content.rfind(end) + end.size()), true, false)};
}

// Thinking is shown only in answers to the last question, and there for the last turn even where it is empty.
ChatParts Qwen3(Messages messages, bool ask) {
  CheckRoles("qwen3", messages);
  size_t last_query = messages.empty() ? 0 : messages.size() - 1;
  for (size_t i = messages.size(); i-- > 0;) {
    const std::string& content = messages[i].content;
    if (RoleOf(messages[i]) != "user") continue;
    if (content.starts_with("<tool_response>") && content.ends_with("</tool_response>")) continue;
    last_query = i;
    break;
  }
  ChatParts parts;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (RoleOf(messages[i]) != "assistant") {
      AddTurn(RoleOf(messages[i]), messages[i].content, parts);
      continue;
    }
    const auto [thinking, answer] = SplitThinking(messages[i].content);
    const bool shows = i > last_query && (i + 1 == messages.size() || !thinking.empty());
    AddTurn(
        "assistant",
        shows ? "<think>\n" + TrimNewlines(thinking) + "\n</think>\n\n" + TrimNewlines(answer, true, false) : answer,
        parts);
  }
  AskChatml(ask, parts);
  return parts;
}

ChatParts Qwen3NoThink(Messages messages, bool ask) {  // enable_thinking=False
  ChatParts parts = Qwen3(messages, ask);
  if (ask) Add(Text("<think>\n\n</think>\n\n"), parts);
  return parts;
}

// ---- Llama

ChatParts Llama2(Messages messages, bool) {
  const Message* system = TakeSystem("llama2", messages);
  ChatParts parts;
  for (size_t i = 0; i < messages.size(); ++i) {
    std::string content = messages[i].content;
    if (i == 0 && system != nullptr) content = "<<SYS>>\n" + system->content + "\n<</SYS>>\n\n" + content;
    if (i % 2 == 0) {
      AddAll({Bos("<s>"), Marker("[INST]"), Text(" " + Trim(content) + " "), Marker("[/INST]")}, parts);
    } else {
      AddAll({Text(" " + Trim(content) + " "), Eos("</s>")}, parts);
    }
  }
  return parts;
}

void AddHeader(const std::string& role, ChatParts& parts) {
  AddAll({Token("<|start_header_id|>"), Text(role), Token("<|end_header_id|>"), Text("\n\n")}, parts);
}

void AddLlama3(Messages messages, bool ask, ChatParts& parts) {
  for (const Message& message : messages) {
    AddHeader(RoleOf(message), parts);
    AddAll({Text(Trim(message.content)), Token("<|eot_id|>")}, parts);
  }
  if (ask) AddHeader("assistant", parts);
}

ChatParts Llama3(Messages messages, bool ask) {
  CheckRoles("llama3", messages);
  ChatParts parts;
  if (!messages.empty()) Add(Bos("<|begin_of_text|>"), parts);
  AddLlama3(messages, ask, parts);
  return parts;
}

// Llama 3.1 and 3.3 say this date where none is given; no clock is read here.
ChatParts Llama31(Messages messages, bool ask) {
  CheckRoles("llama3_1", messages);
  std::string system;
  if (!messages.empty() && messages.front().role == "system") {
    system = Trim(messages.front().content);
    messages = messages.subspan(1);
  }
  ChatParts parts = {Bos("<|begin_of_text|>")};
  AddHeader("system", parts);
  AddAll({Text("Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n" + system), Token("<|eot_id|>")},
         parts);
  AddLlama3(messages, ask, parts);
  return parts;
}

// ---- Mistral: three forms that differ in their spaces and in where a system turn goes

ChatParts Mistral(Messages messages, bool) {  // Mistral 7B and Mixtral Instruct as first published
  if (!messages.empty() && messages.front().role == "system") RefuseRole("mistral", "system");
  TakeSystem("mistral", messages);
  ChatParts parts = {Bos("<s>")};
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i % 2 == 0) {
      AddAll({Marker("[INST]"), Text(" " + messages[i].content + " "), Marker("[/INST]")}, parts);
    } else {
      AddAll({Text(messages[i].content), Eos("</s>")}, parts);
    }
  }
  return parts;
}

ChatParts MistralV1(Messages messages, bool) {  // the same models since 2024: mistral_common's v1
  const Message* system = TakeSystem("mistral_v1", messages);
  ChatParts parts = {Bos("<s>")};
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i % 2 == 0) {
      const std::string before = i == 0 && system != nullptr ? system->content + "\n\n" : "";
      AddAll({Text(" "), Marker("[INST]"), Text(" " + before + messages[i].content + " "), Marker("[/INST]")}, parts);
    } else {
      AddAll({Text(" " + messages[i].content), Eos("</s>")}, parts);
    }
  }
  return parts;
}

ChatParts MistralV3(Messages messages, bool) {  // 7B v0.3, Large 2407; the system turn stands in the last question
  const Message* system = TakeSystem("mistral_v3", messages);
  ChatParts parts = {Bos("<s>")};
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i % 2 == 0) {
      const std::string before = i + 1 == messages.size() && system != nullptr ? system->content + "\n\n" : "";
      AddAll({Marker("[INST]"), Text(" " + before + messages[i].content), Marker("[/INST]")}, parts);
    } else {
      AddAll({Text(" " + Trim(messages[i].content)), Eos("</s>")}, parts);
    }
  }
  return parts;
}

// ---- the others

constexpr const char* kDeepSeekEnd = "<｜end▁of▁sentence｜>";

ChatParts DeepSeekR1(Messages messages, bool ask) {
  CheckRoles("deepseek_r1", messages);
  std::string system;
  for (const Message& message : messages) {
    if (message.role == "system") system = message.content;
  }
  ChatParts parts = {Bos("<｜begin▁of▁sentence｜>")};
  Add(Text(system), parts);
  for (const Message& message : messages) {
    if (RoleOf(message) == "user") AddAll({Token("<｜User｜>"), Text(message.content)}, parts);
    if (RoleOf(message) != "assistant") continue;
    const size_t thought = message.content.rfind("</think>");
    AddAll(
        {Token("<｜Assistant｜>"),
         Text(thought == std::string::npos ? message.content : message.content.substr(thought + 8)), Eos(kDeepSeekEnd)},
        parts);
  }
  if (ask) AddAll({Token("<｜Assistant｜>"), Text("<think>\n")}, parts);
  return parts;
}

ChatParts Tinyllama(Messages messages, bool ask) {  // Zephyr's
  CheckRoles("tinyllama", messages);
  ChatParts parts;
  for (const Message& message : messages) {
    AddAll({Marker("<|" + RoleOf(message) + "|>"), Text("\n" + message.content), Eos("</s>"), Text("\n")}, parts);
  }
  if (ask && !messages.empty()) AddAll({Marker("<|assistant|>"), Text("\n")}, parts);
  return parts;
}

// DeepSeek's template shows no thinking of earlier turns, so a conversation is not its prompt and its answer: the
// prompt has opened the thinking, and an answer that has none closes it at once.
ChatParts AfterThinking(std::string content) {
  constexpr std::string_view kOpen = "<think>\n";
  if (content.starts_with(kOpen)) content.erase(0, kOpen.size());
  if (content.find("</think>") == std::string::npos) content.insert(0, "\n</think>\n\n");
  return {Text(content), Eos(kDeepSeekEnd)};
}

// Cuts `before` off the front of `whole`; false where it is not there.
bool CutFront(const ChatParts& before, ChatParts& whole) {
  const size_t n = before.size();
  if (n == 0) return true;
  if (whole.size() < n || !std::equal(before.begin(), before.end() - 1, whole.begin())) return false;
  ChatPart& last = whole[n - 1];
  const ChatPart& wanted = before.back();
  if (last.kind != wanted.kind || !last.text.starts_with(wanted.text)) return false;
  last.text.erase(0, wanted.text.size());
  whole.erase(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(last.text.empty() ? n : n - 1));
  return true;
}

}  // namespace

const std::vector<ChatFormat>& ChatFormats() {
  static const std::vector<ChatFormat> formats = {
      {"plain", Plain, Eos("")},
      {"chatml", Chatml, Token("<|im_end|>")},
      {"smollm2", Smollm2, Token("<|im_end|>")},
      {"qwen2", Qwen2, Token("<|im_end|>")},
      {"qwen3", Qwen3, Token("<|im_end|>")},
      {"qwen3_no_think", Qwen3NoThink, Token("<|im_end|>")},
      {"qwen3_instruct", Qwen3Instruct, Token("<|im_end|>")},
      {"llama2", Llama2, Eos("</s>")},
      {"llama3", Llama3, Token("<|eot_id|>")},
      {"llama3_1", Llama31, Token("<|eot_id|>")},
      {"mistral", Mistral, Eos("</s>")},
      {"mistral_v1", MistralV1, Eos("</s>")},
      {"mistral_v3", MistralV3, Eos("</s>")},
      {"deepseek_r1", DeepSeekR1, Eos(kDeepSeekEnd)},
      {"tinyllama", Tinyllama, Eos("</s>")},
  };
  return formats;
}

const ChatFormat& FindChatFormat(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ChatFormat& format : ChatFormats()) {
    if (format.name == name) return format;
    names.push_back(format.name);
  }
  throw Error(fmt::format("chat template {} is not known; take one of {}", Excerpt(name), fmt::join(names, ", ")));
}

// The conversation of an empty question and the completion, without what the question alone gives.
ChatCompletion FormatCompletion(const ChatFormat& format, std::span<const Message> completion) {
  ChatCompletion out;
  if (completion.empty()) return out;
  std::vector<Message> messages = {{"user", ""}};
  for (const Message& message : completion) {
    messages.push_back(message);
    if (message.role.empty()) messages.back().role = "assistant";
  }
  if (messages[1].role != "assistant") {
    throw Error(
        fmt::format("a completion begins with a message of the assistant, not of {}", Excerpt(messages[1].role)));
  }
  const ChatParts question = format.format(std::span(messages).first(1), true);
  out.before = question.back();
  out.parts = format.format(messages, false);
  if (format.name == "deepseek_r1") {
    const ChatParts turn = format.format(std::span(messages).first(2), false);
    out.parts.erase(out.parts.begin(), out.parts.begin() + static_cast<std::ptrdiff_t>(turn.size()));
    ChatParts first = AfterThinking(messages[1].content);
    out.parts.insert(out.parts.begin(), first.begin(), first.end());
  } else if (!CutFront(question, out.parts)) {
    throw Error(fmt::format("an answer in the chat template {} cannot begin with {}: its prompt has begun otherwise",
                            format.name, Excerpt(messages[1].content, 40)));
  }
  while (!out.parts.empty() && !(out.parts.back() == format.end)) out.parts.pop_back();
  return out;
}

}  // namespace retort
