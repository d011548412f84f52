// The text of a list of messages.
#include "core/data/sample.h"

#include <utility>

namespace retort {

std::string Text(const std::vector<Message>& messages) {
  std::string text;
  for (const Message& message : messages) text += message.content;
  return text;
}

bool IsPlain(const std::vector<Message>& messages) { return messages.size() == 1 && messages[0].role.empty(); }

std::vector<Message> AnswerTo(const std::vector<Message>& prompt, std::string text) {
  return {{.role = IsPlain(prompt) ? "" : "assistant", .content = std::move(text)}};
}

Sample WithThinkTags(Sample sample) {
  if (sample.reasoning.empty() || sample.completion.empty()) return sample;
  std::string& answer = sample.completion.back().content;
  answer = "<think>\n" + sample.reasoning + "\n</think>\n\n" + answer;
  sample.reasoning.clear();
  sample.logprobs.clear();  // they were those of the answer alone
  return sample;
}

}  // namespace retort
