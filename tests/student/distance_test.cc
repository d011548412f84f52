#include "student/distance.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace retort {
namespace {

constexpr int kVocab = 7, kModelVocab = 9;  // a model may have more ids than the tokenizer

// Logits that depend on every token before; rows beyond the vocabulary are huge, and must not matter.
Scorer Fake(double scale) {
  return {
      .name = "fake", .identity = "", .token_map = "", .logits = [scale](std::span<const ScorerSequence> sequences) {
        std::vector<at::Tensor> rows;
        for (const auto& [ids, first] : sequences) {
          int sum = 0;
          for (size_t t = 0; t + 1 < ids.size(); ++t) {
            sum += ids[t] * static_cast<int>(t + 1);
            if (static_cast<int>(t) + 1 < first) continue;
            at::Tensor row = at::full({kModelVocab}, 50.0F);
            for (int v = 0; v < kVocab; ++v) row[v] = std::sin(scale * (sum + 3 * v)) * 2;
            rows.push_back(row);
          }
        }
        return at::stack(rows);
      }};
}

std::vector<double> Softmax(const at::Tensor& logits) {
  std::vector<double> p;
  double sum = 0;
  for (int v = 0; v < kVocab; ++v) sum += p.emplace_back(std::exp(logits[v].item<double>()));
  for (double& x : p) x /= sum;
  return p;
}

TEST(TeacherDistance, IsWhatASumOverAllTokensGives) {
  std::vector<Example> texts;
  for (int i = 0; i < 40; ++i) {
    texts.push_back({.ids = {i % 5, 1, (i * 3) % 7, 2, i % 3, 6}, .prompt_length = 1 + i % 3});
  }
  const Scorer teacher = Fake(0.7), student = Fake(0.31);
  double kl = 0, covered = 0;
  int tokens = 0;
  for (const Example& text : texts) {
    const std::vector<ScorerSequence> one = {{text.ids, text.prompt_length}};
    const at::Tensor t = teacher.logits(one), s = student.logits(one);
    for (int64_t row = 0; row < t.size(0); ++row, ++tokens) {
      std::vector<double> p = Softmax(t[row]);
      const std::vector<double> q = Softmax(s[row]);
      for (int v = 0; v < kVocab; ++v) kl += p[v] * std::log(p[v] / q[v]);
      std::ranges::sort(p, std::greater());
      covered += p[0] + p[1];
    }
  }
  const TeacherDistance distance = DistanceOf(teacher, student, texts, kVocab, 2);
  EXPECT_EQ(distance.tokens, tokens);
  EXPECT_NEAR(distance.kl, kl, 1e-5 * kl);
  EXPECT_NEAR(distance.covered, covered, 1e-5 * covered);
  EXPECT_GT(distance.PerToken(), 0.1) << "the two differ, else the test shows nothing";
  EXPECT_NEAR(DistanceOf(teacher, teacher, texts, kVocab, 0).kl, 0, 1e-9);
  EXPECT_EQ(DistanceOf(teacher, student, texts, kVocab, 0).covered, 0);
  EXPECT_NEAR(DistanceOf(teacher, student, texts, kVocab, 100).CoveredShare(), 1, 1e-9);
}

}  // namespace
}  // namespace retort
