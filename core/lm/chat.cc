#include "core/lm/chat.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/lm/chat_format.h"

namespace retort {
namespace {

using Kind = ChatPart::Kind;
using Place = Tokenizer::Place;

int ControlId(const Tokenizer& tokenizer, const ChatPart& part) {
  int id = -1;
  if (part.kind == Kind::kBos || part.kind == Kind::kEos) {
    id = part.kind == Kind::kBos ? tokenizer.bos_id() : tokenizer.eos_id();
  } else if (const std::vector<int> ids = tokenizer.EncodeWithSpecials(part.text); ids.size() == 1) {
    id = ids.front();
  }
  if (id < 0) {
    throw Error(fmt::format("the chat template needs the token {}, which this tokenizer has not; take \"plain\"",
                            part.kind == Kind::kBos   ? "bos_token"
                            : part.kind == Kind::kEos ? "eos_token"
                                                      : part.text));
  }
  if (tokenizer.TakesSpace(id)) {
    throw Error(
        fmt::format("the token {} of the chat template takes the white space beside it (lstrip or rstrip), "
                    "which is not supported",
                    Excerpt(tokenizer.TokenBytes(id))));
  }
  return id;
}

// [INST] is a token in Mistral's newer vocabularies, and text in the older.
bool IsText(const Tokenizer& tokenizer, const ChatPart& part) {
  if (part.kind != Kind::kMarker) return part.kind == Kind::kText;
  const std::vector<int> ids = tokenizer.EncodeWithSpecials(part.text);
  return ids.size() != 1 || !tokenizer.IsSpecial(ids.front());
}

void AppendParts(const Tokenizer& tokenizer, const ChatParts& parts, Place place, std::vector<int>& ids) {
  for (size_t i = 0; i < parts.size(); place = Place::kAfterToken) {
    std::string text;
    const size_t begin = i;
    for (; i < parts.size() && IsText(tokenizer, parts[i]); ++i) text += parts[i].text;
    if (i == begin) {
      ids.push_back(ControlId(tokenizer, parts[i++]));
    } else {
      const std::vector<int> more = tokenizer.EncodeAt(text, place);
      ids.insert(ids.end(), more.begin(), more.end());
    }
  }
}

}  // namespace

const std::vector<std::string>& ChatTemplateNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const ChatFormat& format : ChatFormats()) all.emplace_back(format.name);
    return all;
  }();
  return names;
}

std::string FormatChat(std::string_view template_name, std::span<const Message> messages, bool add_generation_prompt) {
  std::string text;
  for (const ChatPart& part : FindChatFormat(template_name).format(messages, add_generation_prompt)) text += part.text;
  return text;
}

std::vector<int> EncodePrompt(const Tokenizer& tokenizer, std::string_view template_name,
                              std::span<const Message> prompt) {
  std::vector<int> ids;
  if (template_name == "plain" && tokenizer.adds_bos() && tokenizer.bos_id() >= 0) ids.push_back(tokenizer.bos_id());
  AppendParts(tokenizer, FindChatFormat(template_name).format(prompt, true), Place::kStart, ids);
  return ids;
}

std::vector<int> EncodeCompletion(const Tokenizer& tokenizer, std::string_view template_name,
                                  std::span<const Message> completion) {
  const ChatFormat& format = FindChatFormat(template_name);
  std::vector<int> ids;
  if (template_name == "plain") {
    AppendParts(tokenizer, format.format(completion, false), Place::kInside, ids);
    if (tokenizer.eos_id() >= 0) ids.push_back(tokenizer.eos_id());
    return ids;
  }
  const ChatCompletion answer = FormatCompletion(format, completion);
  AppendParts(tokenizer, answer.parts, IsText(tokenizer, answer.before) ? Place::kInside : Place::kAfterToken, ids);
  return ids;
}

std::vector<int> StopIds(const Tokenizer& tokenizer, std::string_view template_name) {
  const ChatFormat& format = FindChatFormat(template_name);
  std::vector<int> ids;
  if (tokenizer.eos_id() >= 0) ids.push_back(tokenizer.eos_id());
  if (template_name != "plain") {
    const int end = ControlId(tokenizer, format.end);
    if (end != tokenizer.eos_id()) ids.push_back(end);
  }
  return ids;
}

}  // namespace retort
