// How far a student is from its teacher, token by token on given texts: what a score of right answers does not show,
// and what a provider gives away with probabilities. A measurement; no loss is made of it (student/divergence.h).
#pragma once

#include <cstdint>
#include <span>

#include "core/lm/scorer.h"
#include "student/example.h"

namespace retort {

// Sums over the supervised tokens of all texts.
struct TeacherDistance {
  double kl = 0;       // KL(T || S) in nats, over the first `vocab` ids
  double covered = 0;  // of the teacher's probability, what its `top_k` likeliest tokens have together
  int64_t tokens = 0;
  double PerToken() const { return kl / static_cast<double>(tokens); }
  double CoveredShare() const { return covered / static_cast<double>(tokens); }
};
// top_k = 0: nothing is shown, and nothing covered.
TeacherDistance DistanceOf(const Scorer& teacher, const Scorer& student, std::span<const Example> texts, int vocab,
                           int top_k);

}  // namespace retort
