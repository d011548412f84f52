#include "teacher/provider/tail_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace retort {
namespace {

constexpr double kTail = 200;  // weight of the scores that the tail is fitted to, or a tenth where there is less
constexpr double kTailWriters = 20;
constexpr double kKnotStep = 0.02;  // of rarity

}  // namespace

TailModel::TailModel(std::vector<Weighted> scores, double accounts, double tail_scale, double writers) {
  std::sort(scores.begin(), scores.end(), [](const Weighted& a, const Weighted& b) { return a.score > b.score; });
  double all = 0;
  for (const Weighted& score : scores) all += score.weight;
  const double of_writers = writers > 0 ? all * kTailWriters / writers : 0;
  const double tail_most = std::min(std::max(kTail, of_writers), all / 10);
  size_t tail = 0;
  for (double sum = 0; tail < scores.size(); ++tail) {
    sum += scores[tail].weight;
    if (sum > tail_most) break;
  }
  double weight = 0, excess = 0, tail_weight = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    weight += scores[i].weight;
    const double rarity = std::max(0.0, std::log(accounts / weight));
    if (i < tail) {
      excess += scores[i].weight * scores[i].score;
      tail_weight = weight;
      tail_from_ = scores[i].score;
      tail_rarity_ = rarity;
    }
    const bool same = i + 1 < scores.size() && scores[i + 1].score == scores[i].score;
    if (i + 1 < tail || same) continue;
    const bool last = i + 1 == scores.size();  // below it there is no score
    if (!last && !score_.empty() && rarity_.back() - rarity < kKnotStep) continue;
    score_.push_back(scores[i].score);
    rarity_.push_back(rarity);
  }
  std::reverse(score_.begin(), score_.end());
  std::reverse(rarity_.begin(), rarity_.end());
  if (!score_.empty()) {  // ties at the tail's start
    tail_from_ = score_.back();
    tail_rarity_ = rarity_.back();
  }
  if (tail > 0) tail_scale_ = tail_scale > 0 ? tail_scale : std::max(0.0, excess / tail_weight - tail_from_);
}

double TailModel::Rarity(double score) const {
  if (score_.empty() || score < score_.front()) return 0;
  if (score >= tail_from_) {
    return tail_rarity_ + (tail_scale_ > 0 ? (score - tail_from_) / tail_scale_ : score > tail_from_ ? 1e3 : 0);
  }
  const auto after = static_cast<size_t>(std::upper_bound(score_.begin(), score_.end(), score) - score_.begin());
  const double share = (score - score_[after - 1]) / (score_[after] - score_[after - 1]);
  return rarity_[after - 1] + share * (rarity_[after] - rarity_[after - 1]);
}

double TailModel::ScoreAt(double rarity) const {
  if (score_.empty()) return std::numeric_limits<double>::infinity();
  if (rarity <= rarity_.front()) return score_.front();
  if (rarity > tail_rarity_) {
    if (tail_scale_ > 0) return tail_from_ + (rarity - tail_rarity_) * tail_scale_;
    return std::nextafter(tail_from_, std::numeric_limits<double>::infinity());
  }
  const auto at = static_cast<size_t>(std::lower_bound(rarity_.begin(), rarity_.end(), rarity) - rarity_.begin());
  if (at == 0) return score_.front();
  const double share = (rarity - rarity_[at - 1]) / (rarity_[at] - rarity_[at - 1]);
  return score_[at - 1] + share * (score_[at] - score_[at - 1]);
}

}  // namespace retort
