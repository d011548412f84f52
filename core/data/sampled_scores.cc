#include "core/data/sampled_scores.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

namespace retort {
namespace {

Spread SpreadOf(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  Spread spread{.mean = sum / n};
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  if (values.size() > 1) spread.stderr_items = std::sqrt(squares / (n - 1) / n);
  return spread;
}

double Mean(const std::vector<double>& values) { return SpreadOf(values).mean; }

}  // namespace

int SampledAnswers::right() const {
  return static_cast<int>(std::ranges::count_if(scores, [](double score) { return score >= 1; }));
}

std::map<std::string, double> SampledMeans::Columns() const {
  std::map<std::string, double> columns = {{"samples", k},
                                           {"avg_at_k", avg.mean},
                                           {"avg_at_k_stderr", avg.stderr_items},
                                           {"avg_at_k_sd_draws", avg_sd_draws},
                                           {"pass_at_k", pass.mean},
                                           {"pass_at_k_stderr", pass.stderr_items},
                                           {"maj_at_k", maj.mean},
                                           {"maj_at_k_stderr", maj.stderr_items}};
  for (const auto& [j, value] : pass_at) columns["pass_at_" + std::to_string(j)] = value;
  return columns;
}

std::optional<size_t> MajorityAnswer(std::span<const std::optional<std::string>> votes) {
  std::map<std::string, std::pair<int, size_t>> counts;  // how often, and where first
  for (size_t i = 0; i < votes.size(); ++i) {
    if (votes[i]) ++counts.try_emplace(*votes[i], 0, i).first->second.first;
  }
  std::optional<std::pair<int, size_t>> best;
  for (const auto& [vote, count] : counts) {
    if (!best || count.first > best->first || (count.first == best->first && count.second < best->second)) best = count;
  }
  if (!best) return std::nullopt;
  return best->second;
}

double PassAtK(int n, int right, int k) {
  assert(0 <= right && right <= n && 1 <= k && k <= n);
  if (n - right < k) return 1;
  // C(n - right, k) / C(n, k) as a product, which cannot overflow.
  double all_wrong = 1;
  for (int i = n - right + 1; i <= n; ++i) all_wrong *= 1 - static_cast<double>(k) / i;
  return 1 - all_wrong;
}

std::optional<SampledMeans> AverageSampled(std::span<const SampledAnswers* const> items) {
  if (items.empty()) return std::nullopt;
  const int k = static_cast<int>(items.front()->scores.size());
  std::vector<double> average, pass, majority, draws(static_cast<size_t>(k));
  for (const SampledAnswers* item : items) {
    assert(static_cast<int>(item->scores.size()) == k && k > 0);
    average.push_back(Mean(item->scores));
    pass.push_back(PassAtK(k, item->right(), k));
    majority.push_back(item->majority_right ? 1 : 0);
    for (size_t i = 0; i < draws.size(); ++i) draws[i] += item->scores[i] / static_cast<double>(items.size());
  }
  SampledMeans means{.k = k, .avg = SpreadOf(average), .pass = SpreadOf(pass), .maj = SpreadOf(majority)};
  if (k > 1) means.avg_sd_draws = SpreadOf(draws).stderr_items * std::sqrt(static_cast<double>(k));
  for (int j = 1;; j = std::min(2 * j, k)) {
    std::vector<double> values;
    for (const SampledAnswers* item : items) values.push_back(PassAtK(k, item->right(), j));
    means.pass_at.emplace_back(j, Mean(values));
    if (j == k) return means;
  }
}

}  // namespace retort
