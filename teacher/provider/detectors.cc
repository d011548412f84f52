#include "teacher/provider/detectors.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace retort {
namespace {

constexpr Detector kOwnParts[] = {Detector::kVolume, Detector::kPrada, Detector::kMmd};
constexpr double kRaritySlope = 1;  // of a rarity's own rarity, beyond the sample: by definition

}  // namespace

void Describe(Describer& d, DetectorPolicy& c) {
  d.Field("window", c.window,
          {.help = "requests of an account that are compared at a time", .unit = "requests", .min = 8, .max = 256});
  d.Field("least", c.least,
          {.help = "requests that a window needs at least", .unit = "requests", .min = 4, .max = 256});
  d.Field("every_days", c.every_days,
          {.help = "between two windows of an account", .unit = "days", .min = 1, .max = 30});
  d.Field("group_days", c.group_days, {.help = "between two looks at a group", .unit = "days", .min = 1, .max = 30});
  d.Field("group_members", c.group_members,
          {.help = "members of a group that a look at it reads", .unit = "accounts", .min = 2, .max = 64});
  d.Field("member_requests", c.member_requests,
          {.help = "requests that it reads of each", .unit = "requests", .min = 2, .max = 64});
}

Detectors::Detectors(const DetectorPolicy& policy, std::span<const Features> reference, uint64_t seed)
    : policy_(policy), mmd_(reference, seed), prada_(static_cast<size_t>(policy.window)) {}

void Detectors::Look(const Requests& requests, History& history) const {
  history.to_date.clear();
  history.looks.clear();
  std::vector<Features> window(static_cast<size_t>(policy_.window));
  const int64_t least = std::min(policy_.least, policy_.window);
  int64_t to_date = 0, unread = 0;
  int last = -policy_.every_days;
  for (size_t d = 0; d < requests.daily.size(); ++d) {
    const int day = static_cast<int>(d) + 1;
    to_date += requests.daily[d];
    unread += requests.daily[d];
    history.to_date.push_back(to_date);
    if (unread < least || day - last < policy_.every_days) continue;
    const std::span<Features> read(window.data(), static_cast<size_t>(std::min<int64_t>(unread, policy_.window)));
    requests.latest(day, read);
    history.looks.push_back({.day = day, .prada = prada_.Score(read), .mmd = mmd_.Score(read)});
    unread = 0;
    last = day;
  }
}

void Detectors::LookAtGroup(std::span<const Requests> members, int phase, History& history) const {
  history.group.clear();
  if (members.size() < 2) return;
  const size_t days = members.front().daily.size();
  std::vector<Features> pool;
  std::vector<int64_t> sent(members.size());
  for (size_t d = 0; d < days; ++d) {
    for (size_t m = 0; m < members.size(); ++m) sent[m] += members[m].daily[d];
    const int day = static_cast<int>(d) + 1;
    if ((day + phase) % policy_.group_days != 0) continue;
    pool.clear();
    for (size_t m = 0; m < members.size(); ++m) {
      const size_t before = pool.size();
      pool.resize(before + static_cast<size_t>(std::min<int64_t>(sent[m], policy_.member_requests)));
      members[m].latest(day, std::span(pool).subspan(before));
      sent[m] = 0;
    }
    if (static_cast<int>(pool.size()) >= policy_.least) history.group.push_back({.day = day, .mmd = mmd_.Score(pool)});
  }
}

template <class At>
void Detectors::Walk(const History& history, At&& at) const {
  PerDetector<double> scores;
  scores.fill(kNoScore);
  const auto score = [&](Detector which) -> double& { return scores[static_cast<size_t>(which)]; };
  size_t look = 0, group = 0;
  int64_t before = 0;
  for (size_t d = 0; d < history.to_date.size(); ++d) {
    const int day = static_cast<int>(d) + 1;
    bool changed = history.to_date[d] != before;
    before = history.to_date[d];
    if (before > 0) score(Detector::kVolume) = std::log(static_cast<double>(before));
    for (; look < history.looks.size() && history.looks[look].day == day; ++look) {
      score(Detector::kPrada) = std::max(score(Detector::kPrada), history.looks[look].prada);
      score(Detector::kMmd) = std::max(score(Detector::kMmd), history.looks[look].mmd);
    }
    for (; group < history.group.size() && history.group[group].day == day; ++group) {
      score(Detector::kLinkedMmd) = std::max(score(Detector::kLinkedMmd), history.group[group].mmd);
      changed = true;
    }
    if (!changed) continue;
    if (together_) {
      score(Detector::kFused) = std::max(OwnRarity(scores), Rarity(Detector::kLinkedMmd, score(Detector::kLinkedMmd)));
    }
    if (!at(day, scores)) return;
  }
}

double Detectors::Rarity(Detector detector, double score) const {
  if (!std::isfinite(score)) return 0;
  if (detector == Detector::kFused) return score;  // made of rarities
  const auto& model = models_[static_cast<size_t>(detector)];
  return model ? model->Rarity(score) : 0;
}

double Detectors::OwnRarity(const PerDetector<double>& scores) const {
  double sum = 0;
  for (const Detector part : kOwnParts) sum += Rarity(part, scores[static_cast<size_t>(part)]);
  return std::max(Rarity(Detector::kVolume, scores[0]), together_->Rarity(sum));
}

PerDetector<double> Detectors::Highest(const History& history) const {
  PerDetector<double> highest;
  highest.fill(kNoScore);
  Walk(history, [&](int /*day*/, const PerDetector<double>& scores) {  // scores never fall
    highest = scores;
    return true;
  });
  return highest;
}

void Detectors::Calibrate(std::vector<TailModel::Weighted> volumes, double accounts,
                          std::span<const HonestScores> sample, double alarm_share, double writers) {
  assert(alarm_share > 0);
  const auto sampled = static_cast<double>(sample.size());
  models_[0].emplace(std::move(volumes), accounts);
  for (const Detector part : {Detector::kPrada, Detector::kMmd, Detector::kLinkedMmd}) {
    const auto i = static_cast<size_t>(part);
    std::vector<TailModel::Weighted> scores;
    for (const HonestScores& account : sample) {
      if (!std::isfinite(account.highest[i])) continue;
      // A group is looked at once, whoever of its members is in the sample.
      scores.push_back({account.highest[i], part == Detector::kLinkedMmd ? 1.0 / account.group_size : 1.0});
    }
    models_[i].emplace(std::move(scores), sampled, 0, writers);
  }
  std::vector<TailModel::Weighted> sums;
  for (const HonestScores& account : sample) {
    double sum = 0;
    for (const Detector part : kOwnParts) sum += Rarity(part, account.highest[static_cast<size_t>(part)]);
    sums.push_back({sum, 1});
  }
  together_.emplace(std::move(sums), sampled, 0, writers);
  const double rarity = -std::log(std::min(1.0, alarm_share));
  for (size_t i = 0; i + 1 < kDetectors; ++i) thresholds_[i] = models_[i]->ScoreAt(rarity);
  // An account that rings by itself is a review; of those that ring with their group all are one.
  std::vector<TailModel::Weighted> fused;
  for (const HonestScores& account : sample) {
    const double own = OwnRarity(account.highest), one = 1.0 / account.group_size;
    const double group = Rarity(Detector::kLinkedMmd, account.highest[static_cast<size_t>(Detector::kLinkedMmd)]);
    fused.push_back({std::max(own, group), one});
    if (account.group_size > 1) fused.push_back({own, 1 - one});
  }
  thresholds_[kDetectors - 1] = TailModel(std::move(fused), sampled, kRaritySlope, writers).ScoreAt(rarity);
}

Alarms Detectors::FirstAlarms(const History& history) const {
  Alarms first;
  Walk(history, [&](int day, const PerDetector<double>& scores) {
    size_t silent = 0;
    for (size_t i = 0; i < kDetectors; ++i) {
      if (first.day[i] == 0 && scores[i] >= thresholds_[i]) {
        first.day[i] = day;
        if (static_cast<Detector>(i) == Detector::kFused) first.fused_group = OwnRarity(scores) < thresholds_[i];
      }
      silent += first.day[i] == 0;
    }
    return silent > 0;
  });
  return first;
}

}  // namespace retort
