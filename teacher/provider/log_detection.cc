#include "teacher/provider/log_detection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/stats/detection.h"
#include "teacher/provider/cluster_detector.h"

namespace retort {
namespace {

constexpr size_t kFewestAccounts = 20;    // method: below it nothing can be called rare
constexpr size_t kReferenceRequests = 8;  // method: of each account, so that no loud one is the norm
constexpr size_t kCluster = kDetectors;   // place in kLogDetectorNames

// What is measured of every account of a month. Members of a group that are read are the loudest.
std::vector<History> Observe(const LoggedMonth& month, const Detectors& detectors) {
  std::vector<History> histories(month.accounts.size());
  for (size_t i = 0; i < histories.size(); ++i) detectors.Look(month.accounts[i].Sent(), histories[i]);
  for (const std::vector<size_t>& group : month.groups) {
    if (group.size() < 2) continue;
    std::vector<size_t> loudest = group;
    std::ranges::stable_sort(loudest, std::ranges::greater{},
                             [&](size_t i) { return month.accounts[i].requests.size(); });
    loudest.resize(std::min(loudest.size(), static_cast<size_t>(detectors.policy().group_members)));
    std::vector<Requests> sent;
    sent.reserve(loudest.size());
    for (const size_t i : loudest) sent.push_back(month.accounts[i].Sent());
    History looked;
    detectors.LookAtGroup(sent, static_cast<int>(group.front()) % detectors.policy().group_days, looked);
    for (const size_t i : group) {
      histories[i].group = looked.group;
      histories[i].group_size = static_cast<uint32_t>(group.size());
    }
  }
  return histories;
}

struct Halves {
  std::vector<size_t> reference, scored;
};

Halves Split(const LoggedMonth& honest, uint64_t seed) {
  Halves halves;
  for (size_t i = 0; i < honest.accounts.size(); ++i) {
    // Linked accounts stay together.
    const std::string& name = honest.accounts[honest.groups[honest.accounts[i].group].front()].name;
    (StableHash(seed, name) % 2 == 0 ? halves.reference : halves.scored).push_back(i);
  }
  if (halves.reference.empty() || halves.scored.empty()) {
    throw Error("the honest accounts are all linked with each other: there is nobody to compare with");
  }
  return halves;
}

std::vector<Features> Reference(const LoggedMonth& honest, const std::vector<size_t>& accounts, uint64_t seed) {
  std::vector<Features> reference;
  RandomStream random(seed, "reference requests");
  for (const size_t i : accounts) {
    const auto& requests = honest.accounts[i].requests;
    for (size_t k = 0; k < std::min(requests.size(), kReferenceRequests); ++k) {
      reference.push_back(requests[random.Below(requests.size())].at);
    }
  }
  return reference;
}

// Accounts with the largest score of a group for each, against the threshold.
FalseAlarms Beyond(const LoggedMonth& honest, const std::vector<size_t>& accounts, const std::vector<double>& scores,
                   double threshold) {
  std::map<size_t, bool> groups;
  for (size_t i = 0; i < accounts.size(); ++i) groups[honest.accounts[accounts[i]].group] |= scores[i] >= threshold;
  FalseAlarms alarms{.accounts = static_cast<int64_t>(groups.size())};
  for (const auto& [group, beyond] : groups) alarms.beyond += beyond;
  alarms.rate = ClopperPearson(alarms.beyond, alarms.accounts);
  return alarms;
}

std::vector<size_t> Everybody(const LoggedMonth& month) {
  std::vector<size_t> everybody(month.accounts.size());
  std::iota(everybody.begin(), everybody.end(), size_t{0});
  return everybody;
}

}  // namespace

void Describe(Describer& d, LogDetectionConfig& config) {
  d.Group("detectors", config.policy, "how the detectors look");
  d.Field("honest_alarms", config.honest_alarms,
          {.help = "alarms of each detector that may be false, among as many accounts as the honest logs have",
           .unit = "accounts",
           .min = 0.001,
           .max = 1e9});
  d.Field("seed", config.seed, {.help = "of the detectors' random features, and of who is compared with whom"});
}

LogFindings DetectInLogs(LoggedMonth honest, LoggedMonth month, const LogDetectionConfig& config) {
  if (honest.accounts.size() < kFewestAccounts) {
    throw Error(fmt::format("the honest logs have {} accounts; {} are needed to call anything rare",
                            honest.accounts.size(), kFewestAccounts));
  }
  if (honest.salt != month.salt) {
    throw Error("the honest logs have other pseudonyms: templates cannot be compared; keep one salt for both");
  }
  const TextScale scale(honest);
  scale.Apply(honest);
  scale.Apply(month);
  const auto seed = static_cast<uint64_t>(config.seed);
  const Halves halves = Split(honest, seed);
  Detectors detectors(config.policy, Reference(honest, halves.reference, seed), seed);
  const ClusterDetector cluster(honest, halves.reference);
  const auto accounts = static_cast<double>(honest.accounts.size());
  const double alarm_share = std::min(0.5, config.honest_alarms / accounts);

  std::vector<TailModel::Weighted> volumes;
  volumes.reserve(honest.accounts.size());
  for (const LoggedAccount& account : honest.accounts) {
    volumes.push_back({std::log(static_cast<double>(account.requests.size())), 1});
  }
  const std::vector<History> of_honest = Observe(honest, detectors);
  std::vector<HonestScores> scored;
  scored.reserve(halves.scored.size());
  for (const size_t i : halves.scored) scored.push_back({detectors.Highest(of_honest[i]), of_honest[i].group_size});
  detectors.Calibrate(std::move(volumes), accounts, scored, alarm_share);
  const std::vector<double> honest_clusters = cluster.Scores(honest, halves.scored);
  std::vector<TailModel::Weighted> clusters;
  clusters.reserve(halves.scored.size());
  for (const double score : honest_clusters) clusters.push_back({score, 1});
  const auto [low, high] = std::ranges::minmax_element(clusters, {}, &TailModel::Weighted::score);
  const double no_spread = low->score == high->score ? 1 : 0;  // then a nat is taken for one
  const TailModel rare_cluster(std::move(clusters), static_cast<double>(halves.scored.size()), no_spread);

  LogFindings findings{.days = month.days, .asked_rate = alarm_share};
  for (size_t i = 0; i < kDetectors; ++i) findings.threshold[i] = detectors.threshold(static_cast<Detector>(i));
  findings.threshold[kCluster] = rare_cluster.ScoreAt(-std::log(alarm_share));
  for (size_t k = 0; k < kLogDetectors; ++k) {
    // Volume is compared with the totals of all, which nothing else was learnt from.
    const std::vector<size_t> compared = k == 0 ? Everybody(honest) : halves.scored;
    std::vector<double> scores = honest_clusters;
    if (k != kCluster) {
      scores.clear();
      for (const size_t i : compared) scores.push_back(detectors.Highest(of_honest[i])[k]);
    }
    findings.false_alarms[k] = Beyond(honest, compared, scores, findings.threshold[k]);
  }
  const std::vector<double> cluster_scores = cluster.Scores(month, Everybody(month));
  const std::vector<History> histories = Observe(month, detectors);
  findings.accounts.reserve(month.accounts.size());
  for (size_t i = 0; i < month.accounts.size(); ++i) {
    const LoggedAccount& account = month.accounts[i];
    AccountFinding finding{.account = account.name,
                           .tier = account.tier,
                           .requests = static_cast<int64_t>(account.requests.size()),
                           .linked = month.groups[account.group].size()};
    const PerDetector<double> highest = detectors.Highest(histories[i]);
    const Alarms alarms = detectors.FirstAlarms(histories[i]);
    for (size_t k = 0; k < kDetectors; ++k) {
      finding.score[k] = highest[k];
      finding.rarity[k] = detectors.Rarity(static_cast<Detector>(k), highest[k]);
      finding.alarm_day[k] = alarms.day[k];
    }
    finding.score[kCluster] = cluster_scores[i];
    finding.rarity[kCluster] = std::isfinite(cluster_scores[i]) ? rare_cluster.Rarity(cluster_scores[i]) : 0;
    finding.alarm_day[kCluster] = cluster_scores[i] >= findings.threshold[kCluster] ? month.days : 0;
    findings.accounts.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace retort
