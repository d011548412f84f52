// From an objective's name to its gradient: what a batch of examples is worth to the student. Every objective is a sum
// over supervised tokens (dpo: over pairs) of a loss of their rows of logits (student/row_pass.h), divided by a count
// that the trainer alone knows.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "student/example.h"
#include "student/objective.h"
#include "student/row_pass.h"

namespace retort {

class Transformer;

// The teacher's logits of the supervised tokens of some examples, one after the other: (R, V) float32.
using TeacherRows = std::function<at::Tensor(std::span<const Example* const>)>;

class Losses {
 public:
  // vocab: ids of the student's tokenizer; a model may have more, which no divergence sees. teacher: where the
  // objective needs one.
  Losses(const Transformer& model, const ObjectiveConfig& config, int vocab, TeacherRows teacher);

  // Before the first step, while the model is the one that learning starts from: for dpo, whose reference it is.
  // together: examples of one pass on the reference path. Returns the tokens that were run.
  int64_t Prepare(std::span<const Example> examples, int together);

  // What the objective's sum is divided by: supervised tokens, or pairs.
  int64_t Count(const Example& example) const;

  // Adds the gradient of what it returns: the objective's sum over the examples, over `count`.
  double Accumulate(std::span<const Example* const> examples, int64_t count);

 private:
  std::unique_ptr<RowLoss> MakeLoss(std::span<const Example* const> examples);

  ObjectiveConfig config_;
  bool pairs_;
  RowPass pass_;
  TeacherRows teacher_;
  std::map<const Example*, std::pair<double, double>> start_;  // log-probability of chosen and rejected
};

}  // namespace retort
