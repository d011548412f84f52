#include "experiments/cells/in_context.h"

#include <utility>

namespace retort::lab {
namespace {

std::vector<Message> After(const std::vector<Sample>& samples, const std::vector<Message>& question) {
  std::vector<Message> prompt;
  if (IsPlain(question)) {
    std::string text;
    for (const Sample& sample : samples) text += Text(sample.prompt) + Text(sample.completion) + "\n";
    return {{.role = "", .content = text + Text(question)}};
  }
  // A system turn stands first and once.
  size_t begin = 0;
  if (!question.empty() && question[0].role == "system") prompt.push_back(question[begin++]);
  for (const Sample& sample : samples) {
    for (const Message& message : sample.prompt) {
      if (message.role != "system") prompt.push_back(message);
    }
    prompt.insert(prompt.end(), sample.completion.begin(), sample.completion.end());
  }
  prompt.insert(prompt.end(), question.begin() + static_cast<std::ptrdiff_t>(begin), question.end());
  return prompt;
}

}  // namespace

void InContext::Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) {
  std::vector<Request> shown(requests.begin(), requests.end());
  for (Request& request : shown) request.prompt = After(samples_, request.prompt);
  model_.Ask(shown, on_reply);
}

}  // namespace retort::lab
