#include "teacher/provider/cluster_detector.h"

#include <algorithm>
#include <cmath>

#include "teacher/provider/detectors.h"

namespace retort {
namespace {

constexpr double kShare = 0.1;  // method: of an account's requests

std::unordered_map<uint64_t, int64_t> Count(const LoggedAccount& account) {
  std::unordered_map<uint64_t, int64_t> counts;
  for (const LoggedRequest& request : account.requests) ++counts[request.shape];
  return counts;
}

std::unordered_map<uint64_t, int64_t> Count(const LoggedMonth& month, std::span<const size_t> accounts) {
  std::unordered_map<uint64_t, int64_t> counts;
  for (const size_t i : accounts) {
    for (const LoggedRequest& request : month.accounts[i].requests) ++counts[request.shape];
  }
  return counts;
}

double Total(const std::unordered_map<uint64_t, int64_t>& counts) {
  double total = 0;
  for (const auto& [shape, count] : counts) total += static_cast<double>(count);
  return total;
}

}  // namespace

ClusterDetector::ClusterDetector(const LoggedMonth& honest, std::span<const size_t> accounts)
    : of_shape_(Count(honest, accounts)), requests_(Total(of_shape_)) {}

std::vector<double> ClusterDetector::Scores(const LoggedMonth& month, std::span<const size_t> accounts) const {
  const auto all = Count(month, accounts);
  const double growth = requests_ > 0 ? Total(all) / requests_ : 1;
  std::vector<double> scores;
  scores.reserve(accounts.size());
  for (const size_t i : accounts) {
    const LoggedAccount& account = month.accounts[i];
    double score = kNoScore;
    for (const auto& [shape, own] : Count(account)) {
      if (static_cast<double>(own) < kShare * static_cast<double>(account.requests.size())) continue;
      const auto known = of_shape_.find(shape);
      const double expected = known == of_shape_.end() ? 0 : growth * static_cast<double>(known->second);
      score = std::max({score, 0.0, std::log((static_cast<double>(all.at(shape) - own) + 1) / (expected + 1))});
    }
    scores.push_back(score);
  }
  return scores;
}

}  // namespace retort
