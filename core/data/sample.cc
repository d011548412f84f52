// The text of a list of messages.
#include "core/data/sample.h"

namespace retort {

std::string Text(const std::vector<Message>& messages) {
  std::string text;
  for (const Message& message : messages) text += message.content;
  return text;
}

}  // namespace retort
