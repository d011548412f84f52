// Logits are made a few texts at a time, and compared in float64: the difference of two near distributions is smaller
// than float32 tells.
#include "student/distance.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace retort {
namespace {

constexpr size_t kTogether = 16;  // texts

}  // namespace

TeacherDistance DistanceOf(const Scorer& teacher, const Scorer& student, std::span<const Example> texts, int vocab,
                           int top_k) {
  const at::NoGradGuard no_grad;
  TeacherDistance sum;
  for (size_t begin = 0; begin < texts.size(); begin += kTogether) {
    std::vector<ScorerSequence> part;
    for (const Example& text : texts.subspan(begin, std::min(kTogether, texts.size() - begin))) {
      part.push_back({text.ids, text.prompt_length});
    }
    const auto logs = [&](const Scorer& scorer) {
      return at::log_softmax(scorer.logits(part).narrow(1, 0, vocab).to(at::kDouble), 1);
    };
    const at::Tensor t = logs(teacher), s = logs(student), p = t.exp();
    sum.kl += (p * (t - s)).sum().item<double>();
    if (top_k > 0) sum.covered += std::get<0>(p.topk(std::min(top_k, vocab), 1)).sum().item<double>();
    sum.tokens += p.size(0);
  }
  return sum;
}

}  // namespace retort
