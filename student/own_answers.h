// The student's own answers to the prompts of a batch, drawn from its weights as they are: what it learns from
// on-policy (GKD, arXiv:2306.13649). An answer's stream of chance is named by step and sample, so that a run that goes
// on draws what the uninterrupted one did.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/answerer.h"
#include "student/example.h"

namespace retort {

class Transformer;

class OwnAnswers {
 public:
  // vocab: ids that may be drawn. stop_ids end an answer; the first of them is learnt as its end. max_length: of prompt
  // and answer.
  OwnAnswers(const Transformer& model, Sampling sampling, std::vector<int> stop_ids, int vocab, int max_length,
             uint64_t seed);

  // One answer to each prompt, in order.
  std::vector<Example> Draw(std::span<const Example* const> prompts, int64_t step);

 private:
  const Transformer& model_;
  Sampling sampling_;
  std::vector<int> stop_ids_;
  int vocab_, max_length_;
};

}  // namespace retort
