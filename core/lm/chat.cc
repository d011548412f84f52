#include "core/lm/chat.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStart = "<|im_start|>", kEnd = "<|im_end|>";
constexpr std::string_view kSmollm2System =
    "You are a helpful AI assistant named SmolLM, trained by Hugging Face";  // SmolLM2's chat_template

// A piece of a formatted chat: a control token, or text that is encoded as text whatever it says.
struct Part {
  bool control;
  std::string text;
};

void CheckName(std::string_view name) {
  const auto& names = ChatTemplateNames();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw Error(fmt::format("chat template {} is not known; take one of {}", Excerpt(name), fmt::join(names, ", ")));
  }
}

// Neighbouring texts are joined, since a tokenizer may merge across a boundary.
void Add(bool control, std::string_view text, std::vector<Part>& parts) {
  if (!control && !parts.empty() && !parts.back().control) {
    parts.back().text += text;
  } else {
    parts.push_back({control, std::string(text)});
  }
}

void AddTurn(std::string_view role, std::string_view content, std::vector<Part>& parts) {
  Add(true, kStart, parts);
  Add(false, fmt::format("{}\n{}", role, content), parts);
  Add(true, kEnd, parts);
  Add(false, "\n", parts);
}

std::vector<Part> Format(std::string_view name, std::span<const Message> messages, bool add_generation_prompt) {
  CheckName(name);
  std::vector<Part> parts;
  if (name == "plain") {
    for (const Message& message : messages) Add(false, message.content, parts);
    return parts;
  }
  if (name == "smollm2" && !messages.empty() && messages.front().role != "system") {
    AddTurn("system", kSmollm2System, parts);
  }
  for (const Message& message : messages) AddTurn(message.role.empty() ? "user" : message.role, message.content, parts);
  if (add_generation_prompt) {
    Add(true, kStart, parts);
    Add(false, "assistant\n", parts);
  }
  return parts;
}

int ControlId(const Tokenizer& tokenizer, std::string_view control) {
  const std::vector<int> ids = tokenizer.EncodeWithSpecials(control);
  if (ids.size() != 1) {
    throw Error(
        fmt::format("the chat template needs the token {}, which this tokenizer has not; take \"plain\"", control));
  }
  return ids.front();
}

void AppendParts(const Tokenizer& tokenizer, std::span<const Part> parts, std::vector<int>& ids) {
  for (const Part& part : parts) {
    if (part.control) {
      ids.push_back(ControlId(tokenizer, part.text));
    } else {
      const std::vector<int> text = tokenizer.Encode(part.text);
      ids.insert(ids.end(), text.begin(), text.end());
    }
  }
}

void ReplaceAll(std::string_view from, std::string_view to, std::string& text) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// Jinja source without what does not matter: white space between tokens, the kind of quotes, a newline written as one
// or as \n, literals cut in two, `message.role` for `message['role']`, whitespace control.
std::string Canonical(std::string_view jinja) {
  std::string text;
  char quote = 0;
  for (size_t i = 0; i < jinja.size(); ++i) {
    const char c = jinja[i];
    if (quote != 0 && c == '\\' && i + 1 < jinja.size()) {
      text += c;
      text += jinja[++i];
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? 0 : c;
      text += '\'';
    } else if (quote != 0 && c == '\n') {
      text += "\\n";
    } else if (quote != 0 || std::string_view(" \t\r\n").find(c) == std::string_view::npos) {
      text += c;
    }
  }
  for (const auto& [from, to] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"'+'", ""},
           {"message.role", "message['role']"},
           {"message.content", "message['content']"},
           {"{%-", "{%"},
           {"-%}", "%}"},
           {"{{-", "{{"},
           {"-}}", "}}"},
           {"{%ifnotadd_generation_promptisdefined%}{%setadd_generation_prompt=false%}{%endif%}", ""}}) {
    ReplaceAll(from, to, text);
  }
  return text;
}

const std::map<std::string, std::string>& KnownTemplates() {  // canonical text -> name
  static const std::map<std::string, std::string> known = [] {
    const std::string turn =
        R"({{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %})";
    const std::string ask = R"({% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %})";
    const std::string system = fmt::format(
        R"({{% if loop.first and messages[0]['role'] != 'system' %}}{{{{ '<|im_start|>system\n{}<|im_end|>\n' }}}}{{% endif %}})",
        kSmollm2System);
    const std::string loop = "{% for message in messages %}";
    return std::map<std::string, std::string>{{Canonical(loop + turn + ask), "chatml"},
                                              {Canonical(loop + system + turn + ask), "smollm2"}};
  }();
  return known;
}

}  // namespace

const std::vector<std::string>& ChatTemplateNames() {
  static const std::vector<std::string> names = {"plain", "chatml", "smollm2"};
  return names;
}

std::string FormatChat(std::string_view template_name, std::span<const Message> messages, bool add_generation_prompt) {
  std::string text;
  for (const Part& part : Format(template_name, messages, add_generation_prompt)) text += part.text;
  return text;
}

std::string DetectChatTemplate(const fs::path& folder) {
  fs::path file = folder / "chat_template.jinja";
  std::string source;
  if (fs::exists(file)) {
    source = ReadFile(file, size_t{1} << 20);
  } else {
    file = folder / "tokenizer_config.json";
    if (!fs::exists(file)) return "plain";
    const nlohmann::json config = ParseJson(ReadFile(file, size_t{64} << 20), {.file = file.string()});
    if (!config.is_object() || !config.contains("chat_template") || config["chat_template"].is_null()) return "plain";
    const nlohmann::json& value = config["chat_template"];
    const Error wrong({.file = file.string(), .place = "key chat_template"},
                      "is neither a text nor a list of templates");
    if (value.is_string()) {
      source = value.get<std::string>();
    } else if (value.is_array()) {  // several templates by name
      for (const nlohmann::json& entry : value) {
        if (!entry.is_object() || !entry.value("name", nlohmann::json()).is_string() ||
            !entry.value("template", nlohmann::json()).is_string()) {
          throw wrong;
        }
        if (source.empty() || entry["name"] == "default") source = entry["template"].get<std::string>();
      }
    } else {
      throw wrong;
    }
  }
  if (source.empty()) return "plain";
  const auto found = KnownTemplates().find(Canonical(source));
  if (found != KnownTemplates().end()) return found->second;
  throw Error({.file = file.string(), .place = file.extension() == ".jinja" ? "" : "key chat_template"},
              "this chat template is not known",
              fmt::format("name the one to use in the config, one of {}", fmt::join(ChatTemplateNames(), ", ")));
}

std::vector<int> EncodePrompt(const Tokenizer& tokenizer, std::string_view template_name,
                              std::span<const Message> prompt) {
  std::vector<int> ids;
  if (template_name == "plain" && tokenizer.adds_bos() && tokenizer.bos_id() >= 0) ids.push_back(tokenizer.bos_id());
  AppendParts(tokenizer, Format(template_name, prompt, true), ids);
  return ids;
}

std::vector<int> EncodeCompletion(const Tokenizer& tokenizer, std::string_view template_name,
                                  std::span<const Message> completion) {
  std::vector<int> ids;
  if (template_name == "plain") {
    AppendParts(tokenizer, Format(template_name, completion, false), ids);
    if (tokenizer.eos_id() >= 0) ids.push_back(tokenizer.eos_id());
    return ids;
  }
  CheckName(template_name);
  std::vector<Part> parts;
  for (size_t i = 0; i < completion.size(); ++i) {
    const Message& message = completion[i];
    if (i == 0) {  // EncodePrompt has opened this turn
      if (!message.role.empty() && message.role != "assistant") {
        throw Error(
            fmt::format("a completion begins with a message of the assistant, not of {}", Excerpt(message.role)));
      }
      Add(false, message.content, parts);
      Add(true, kEnd, parts);
      Add(false, "\n", parts);
    } else {
      AddTurn(message.role.empty() ? "assistant" : message.role, message.content, parts);
    }
  }
  if (!parts.empty()) parts.pop_back();  // the newline after the end token
  AppendParts(tokenizer, parts, ids);
  return ids;
}

std::vector<int> StopIds(const Tokenizer& tokenizer, std::string_view template_name) {
  CheckName(template_name);
  std::vector<int> ids;
  if (tokenizer.eos_id() >= 0) ids.push_back(tokenizer.eos_id());
  if (template_name != "plain") {
    const int end = ControlId(tokenizer, kEnd);
    if (end != tokenizer.eos_id()) ids.push_back(end);
  }
  return ids;
}

}  // namespace retort
