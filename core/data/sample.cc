// The text of a list of messages.
#include "core/data/sample.h"

namespace retort {

std::string Text(const std::vector<Message>& messages) {
  std::string text;
  for (const Message& message : messages) text += message.content;
  return text;
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
