// A model that is shown samples before each question instead of being trained on them: k-shot.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/data/answerer.h"

namespace retort::lab {

class InContext : public Answerer {
 public:
  // Both outlive this. Samples and questions are both plain texts (joined by line ends) or both chats (turns).
  InContext(Answerer& model, const std::vector<Sample>& samples) : model_(model), samples_(samples) {}
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override;

 private:
  Answerer& model_;
  const std::vector<Sample>& samples_;
};

}  // namespace retort::lab
