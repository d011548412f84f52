// Chat templates by name: messages to one text, and to token ids. The names cover the plain completions of the embedded
// models and the families in docs/own-teacher.md, without tools; a Jinja interpreter for all others was not worth its
// size. Control tokens are inserted by id and never read from a message's content, so no answer can forge a turn.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/sample.h"
#include "core/lm/tokenizer.h"

namespace retort {

// plain:    the contents one after the other, roles ignored
// chatml:   <|im_start|>role\ncontent<|im_end|>\n for each message
// smollm2, qwen2: chatml with the system turn of SmolLM2 or Qwen2.5 where the messages have none
// qwen3, qwen3_no_think (an empty <think> block in the prompt), qwen3_instruct (of 2507: never thinks)
// llama2, llama3, llama3_1 (with its knowledge and fixed date), mistral, mistral_v1, mistral_v3, deepseek_r1, tinyllama
const std::vector<std::string>& ChatTemplateNames();

// As apply_chat_template of Transformers writes it. A message without a role is the user's in a prompt, the assistant's
// in a completion. Throws Error for a turn that the template has no place for.
std::string FormatChat(std::string_view template_name, std::span<const Message> messages, bool add_generation_prompt);

// The name for what tokenizer_config.json or chat_template.jinja holds; "plain" where neither has a template. Throws
// Error that offers the names where the template is none of those known.
std::string DetectChatTemplate(const std::filesystem::path& folder);

// Up to where the answer begins, with BOS where a plain text of this tokenizer has one.
std::vector<int> EncodePrompt(const Tokenizer& tokenizer, std::string_view template_name,
                              std::span<const Message> prompt);
// The answer and the token that ends it (EOS, or <|im_end|>). Prompt and completion together are the ids of the whole
// conversation up to that token (deepseek_r1 apart, whose template takes the thinking out of what was said).
std::vector<int> EncodeCompletion(const Tokenizer& tokenizer, std::string_view template_name,
                                  std::span<const Message> completion);
// The ids that end an answer: never empty unless the tokenizer has no EOS.
std::vector<int> StopIds(const Tokenizer& tokenizer, std::string_view template_name);

}  // namespace retort
