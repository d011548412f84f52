// A teacher at hand while a student learns: what it is asked, what that is charged, and a record of its replies.
// Logits of the given examples are kept where they all fit, so that a text that is learnt from again and again is read
// once; a text is charged when it is first learnt from, and never again. A budget ends the charging before it would be
// overrun; with one, nothing is read ahead.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/lm/scorer.h"
#include "student/example.h"

namespace retort {

class LiveTeacher {
 public:
  // vocab: ids that teacher and student have in common. examples: those given, which outlive this.
  LiveTeacher(const Scorer& scorer, const ObjectiveConfig& config, int vocab, std::span<const Example> examples);

  // What a step wants to learn from. false: more than the budget allows; nothing is charged then.
  bool Charge(std::span<const Example* const> examples);
  int64_t charged() const { return charged_; }
  void Restore(int64_t charged, std::span<const Example* const> read);  // by a run that goes on

  // (R, vocab): rows of the supervised tokens, one example after the other.
  at::Tensor Rows(std::span<const Example* const> examples);

  // Of the rows asked for since the last call.
  struct Replies {
    double logprob = 0;  // sum of the teacher's log-probabilities of the supervised tokens
    std::string sha256;  // of its logits
  };
  Replies TakeReplies();

 private:
  struct Kept {
    at::Tensor rows;  // (r, vocab)
    double logprob = 0;
    std::string sha256;
  };
  std::vector<Kept> Ask(std::span<const Example* const> examples) const;
  bool IsGiven(const Example* example) const;

  const Scorer& scorer_;
  int64_t budget_;
  int vocab_;
  std::span<const Example> examples_;
  bool keeps_ = false;
  std::map<const Example*, Kept> kept_;
  std::set<const Example*> read_;
  int64_t charged_ = 0;
  double logprob_ = 0;
  std::string hashes_;
};

}  // namespace retort
