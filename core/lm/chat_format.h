// Private to core/lm: what each chat template writes for a conversation, as parts that tell control tokens from text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/sample.h"

namespace retort {

struct ChatPart {
  enum class Kind {
    kText,    // encoded as text whatever it says
    kToken,   // a token that the tokenizer must have
    kMarker,  // a special token where the tokenizer has it as one, else text: [INST]
    kBos,     // the tokenizer's own, whatever their text
    kEos,
  } kind = Kind::kText;
  std::string text = {};  // for kBos and kEos as the family writes them
  bool operator==(const ChatPart&) const = default;
};
using ChatParts = std::vector<ChatPart>;

struct ChatFormat {
  std::string_view name;
  ChatParts (*format)(std::span<const Message> messages, bool add_generation_prompt);
  ChatPart end;  // of a turn
};

const std::vector<ChatFormat>& ChatFormats();             // "plain" first
const ChatFormat& FindChatFormat(std::string_view name);  // throws Error that offers the names

// Not of "plain": what follows the parts of a prompt, up to the token that ends the last turn.
struct ChatCompletion {
  ChatParts parts;
  ChatPart before = {};  // the last part of the prompt
};
ChatCompletion FormatCompletion(const ChatFormat& format, std::span<const Message> completion);

}  // namespace retort
