#include "student/own_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "core/lm/decoder.h"
#include "core/lm/packed_pass.h"
#include "core/lm/transformer.h"

namespace retort {

OwnAnswers::OwnAnswers(const Transformer& model, Sampling sampling, std::vector<int> stop_ids, int vocab,
                       int max_length, uint64_t seed)
    : model_(model),
      sampling_(std::move(sampling)),
      stop_ids_(std::move(stop_ids)),
      vocab_(vocab),
      max_length_(max_length) {
  sampling_.seed = static_cast<int64_t>(seed);
}

std::vector<Example> OwnAnswers::Draw(std::span<const Example* const> prompts, int64_t step) {
  // Decoding reads float32 weights on the CPU and knows no adapters.
  std::unique_ptr<Transformer> copy;
  if (!PackedPass::Supports(model_)) copy = model_.MergedCopy();
  Decoder decoder(copy ? *copy : model_, static_cast<int>(prompts.size()), vocab_);
  std::vector<Example> answers;
  std::map<int64_t, size_t> place;  // by handle
  for (const Example* prompt : prompts) {
    Example& answer = answers.emplace_back();
    answer.ids.assign(prompt->ids.begin(), prompt->ids.begin() + prompt->prompt_length);
    answer.prompt_length = prompt->prompt_length;
    answer.name = prompt->name;
    Sampling sampling = sampling_;
    const int room = std::max(1, max_length_ - prompt->prompt_length);
    sampling.max_new_tokens = sampling.max_new_tokens == 0 ? room : std::min(sampling.max_new_tokens, room);
    const int64_t handle = decoder.Submit({.prompt = answer.ids,
                                           .sampling = sampling,
                                           .stop_ids = stop_ids_,
                                           .random_name = fmt::format("own/{}/{}", step, prompt->name)});
    place[handle] = answers.size() - 1;
  }
  const auto on_done = [&](const DecodeResult& result) {
    Example& answer = answers[place.at(result.handle)];
    answer.ids.insert(answer.ids.end(), result.ids.begin(), result.ids.end());
    // What was cut off did not end there.
    if (result.finish_reason == "stop" && !stop_ids_.empty()) answer.ids.push_back(stop_ids_.front());
  };
  while (decoder.Step(on_done)) {
  }
  return answers;
}

}  // namespace retort
