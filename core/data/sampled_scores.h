// Scores of items that were answered several times, at a temperature: how good one answer is on average (avg@k),
// whether one of k is right (pass@k), and whether the answer that most of them give is (maj@k).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace retort {

inline constexpr int kMaxSamples = 10'000;  // answers an item

// The k answers to one item, in the order of their attempts.
struct SampledAnswers {
  std::vector<std::string> answers;
  std::vector<double> scores;  // in [0, 1]; right: 1
  int parsed = 0;              // of them, those in which the grader found an answer
  bool majority_right = false;
  int right() const;
  bool operator==(const SampledAnswers&) const = default;
};

// Which answer a majority chooses: the first of those whose vote is the most frequent. Answers without a vote do not
// take part; of two votes that are equally frequent the one cast first wins. nullopt if there is no vote at all.
std::optional<size_t> MajorityAnswer(std::span<const std::optional<std::string>> votes);

// The chance that at least one of k answers is right, where `right` of n drawn ones were: 1 - C(n - right, k) / C(n,
// k), unbiased over draws of n (Chen et al. 2021, arXiv:2107.03374, equation 1). 0 <= right <= n, 1 <= k <= n.
double PassAtK(int n, int right, int k);

struct Spread {
  double mean = 0;
  double stderr_items = 0;  // standard error over items: s / sqrt(M); 0 for one item
  bool operator==(const Spread&) const = default;
};
struct SampledMeans {
  int k = 0;
  Spread avg, pass, maj;    // avg@k, pass@k, maj@k
  double avg_sd_draws = 0;  // standard deviation of the score from one draw of all items to the next
  std::vector<std::pair<int, double>> pass_at;  // pass@j for j = 1, 2, 4, ... and k, from the same answers
  bool operator==(const SampledMeans&) const = default;
  // "samples", "avg_at_k", "avg_at_k_stderr", "avg_at_k_sd_draws", "pass_at_k", "pass_at_k_stderr", "maj_at_k",
  // "maj_at_k_stderr", and "pass_at_1", "pass_at_2", "pass_at_4", ...: columns of a table.
  std::map<std::string, double> Columns() const;
};
// nullopt for no items. All have the same number of answers, at least one.
std::optional<SampledMeans> AverageSampled(std::span<const SampledAnswers* const> items);

}  // namespace retort
