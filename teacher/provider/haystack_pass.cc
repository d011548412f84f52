#include "teacher/provider/haystack_pass.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "teacher/provider/parallel.h"
#include "teacher/provider/volume_totals.h"

namespace retort {
namespace {

constexpr int64_t kReferenceAccounts = 4096;        // method: whose requests the MMD compares with
constexpr int kReferenceHalf = 0, kSampleHalf = 1;  // method: different accounts for either
constexpr size_t kReferenceRequests = 4;            // method: of each
constexpr double kTwo64 = 0x1p64;                   // unit: of 64 random bits
constexpr int64_t kParts = 1024;        // method: of a pass, about, so that adding up costs nothing beside them
constexpr int64_t kSampleBlocks = 256;  // method: of accounts, that a calibration sample is taken from

// Calls `visit(account, group)` for its share of about `count` accounts in one of `blocks` blocks that are spread
// evenly over all; `half` 0 and 1 give different accounts. Whole blocks, because finding an account's group reads its
// block.
template <class Visit>
void VisitSample(const Population& population, int64_t index, int64_t blocks, int64_t count, int half, Visit&& visit) {
  const uint64_t block = static_cast<uint64_t>(index) * population.blocks() / static_cast<uint64_t>(blocks);
  const uint64_t from = block * Population::kBlock, end = std::min(population.accounts(), from + Population::kBlock);
  const auto wanted = static_cast<uint64_t>((count + blocks - 1) / blocks);
  const uint64_t stride = std::max<uint64_t>(2, (end - from) / std::max<uint64_t>(1, wanted));
  uint64_t next = from + (half == 0 ? 0 : stride / 2);
  population.ForEachGroup(block, [&](const Group& group) {
    for (; next < group.first + group.size; next += stride) visit(next, group);
  });
}

std::vector<HonestScores> Sample(const Population& population, const Detectors& detectors, int64_t count, int threads,
                                 const std::function<bool(double)>& tick) {
  const int64_t blocks = std::min<int64_t>(kSampleBlocks, static_cast<int64_t>(population.blocks()));
  std::vector<std::vector<HonestScores>> parts(static_cast<size_t>(blocks));
  const bool done = ParallelFor(
      threads, blocks,
      [&](int64_t index) {
        VisitSample(population, index, blocks, count, kSampleHalf, [&](uint64_t account, const Group& group) {
          const History history = Observe(population, detectors, account, group);
          parts[static_cast<size_t>(index)].push_back({detectors.Highest(history), history.group_size});
        });
      },
      [&](int64_t ready) { return tick(static_cast<double>(ready) / static_cast<double>(blocks)); });
  std::vector<HonestScores> scores;
  for (const auto& part : parts) scores.insert(scores.end(), part.begin(), part.end());
  if (!done) scores.clear();
  return scores;
}

}  // namespace

History Observe(const Population& population, const Detectors& detectors, uint64_t account, const Group& group) {
  Traffic traffic = population.Open(account, group);
  History history{.group_size = group.size, .writer = traffic.text.writer};
  detectors.Look(RequestsOf(traffic, population.world()), history);
  if (group.size < 2) return history;
  const uint64_t count = std::min<uint64_t>(group.size, static_cast<uint64_t>(detectors.policy().group_members));
  std::vector<Traffic> members;
  members.reserve(count);
  for (uint64_t m = 0; m < count; ++m) {  // the same for whichever member asks
    members.push_back(population.Open(group.first + m * group.size / count, group));
  }
  std::vector<Requests> sent;
  sent.reserve(count);
  for (Traffic& member : members) sent.push_back(RequestsOf(member, population.world()));
  detectors.LookAtGroup(sent, static_cast<int>(group.first % static_cast<uint64_t>(detectors.policy().group_days)),
                        history);
  return history;
}

std::unique_ptr<Detectors> Calibrated(const Population& population, const DetectorPolicy& policy, double alarms,
                                      const PassConfig& config, const Watch& watch) {
  std::vector<Features> reference;
  const auto reference_blocks = std::min<int64_t>(kSampleBlocks, static_cast<int64_t>(population.blocks()));
  for (int64_t index = 0; index < reference_blocks; ++index) {
    VisitSample(population, index, reference_blocks, kReferenceAccounts, kReferenceHalf,
                [&](uint64_t account, const Group& group) {
                  Traffic traffic = population.Open(account, group);
                  reference.resize(reference.size() + kReferenceRequests);
                  traffic.Draw(population.world(), std::span(reference).last(kReferenceRequests));
                });
  }
  auto detectors = std::make_unique<Detectors>(policy, reference, config.seed);
  const auto totals = CountTotals(population, config.threads,
                                  [&](double share) { return !watch || watch("counting an earlier month", share); });
  if (!totals) return nullptr;
  const std::vector<HonestScores> sample =
      Sample(population, *detectors, 2 * config.sample_accounts, config.threads,
             [&](double share) { return !watch || watch("calibrating the detectors", share); });
  if (sample.empty()) return nullptr;
  const auto accounts = static_cast<double>(population.accounts());
  const LoggedTexts* logged = population.world().logged();
  detectors->Calibrate(totals->Scores(), accounts, sample, alarms / accounts,
                       logged == nullptr ? 0 : static_cast<double>(logged->honest()));
  return detectors;
}

namespace {

void AddDays(std::vector<int64_t>& sum, const std::vector<int64_t>& days) {
  if (sum.size() < days.size()) sum.resize(days.size());
  for (size_t d = 0; d < days.size(); ++d) sum[d] += days[d];
}

// What became of the sampled members of one group.
struct GroupTally {
  int64_t members = 0;
  PerDetector<int64_t> alarms{};
};

class BlockReader {
 public:
  BlockReader(const Population& population, const Detectors& detectors, int64_t tail_from, double alarm_from,
              const CounterStreams& control, uint64_t control_below, PassCounts& counts)
      : population_(population),
        detectors_(detectors),
        tail_from_(tail_from),
        alarm_from_(alarm_from),
        control_(control),
        control_below_(control_below),
        counts_(counts) {
    for (auto* reviews : {&counts.tail_reviews, &counts.control_reviews}) {
      reviews->fill(std::vector<int64_t>(static_cast<size_t>(population.days())));
    }
    if (population.world().logged() != nullptr) counts.writers.resize(population.world().logged()->honest());
  }

  void Read(const Group& group) {
    if (group.size > 1) counts_.linked += group.size;
    if (group.evaluator) counts_.evaluators += group.size;
    counts_.accounts += group.size;
    GroupTally tally;
    for (uint64_t account = group.first; account < group.first + group.size; ++account) {
      const int64_t total = population_.Total(account, group);
      counts_.requests += total;
      // As the detector compares: logarithms are equal to the last bit only where numbers are.
      const bool loud = static_cast<double>(total) >= alarm_from_;
      counts_.volume_alarms += loud;
      const bool sampled = control_.Key(account) <= control_below_, in_tail = total >= tail_from_;
      if (sampled || in_tail) {
        Expand(account, group, sampled, in_tail, tally);
      } else if (loud) {
        Count(counts_.tail_reviews, 0, DayLoud(account, group), kOneReview);
      }
    }
    counts_.control_members_squared += tally.members * tally.members;
    for (size_t i = 0; i < kDetectors; ++i) {
      counts_.control_clusters[i].alarms_squared += tally.alarms[i] * tally.alarms[i];
      counts_.control_clusters[i].alarms_by_members += tally.alarms[i] * tally.members;
    }
  }

 private:
  static void Count(PerDetector<std::vector<int64_t>>& reviews, size_t detector, int day, int64_t review) {
    reviews[detector][static_cast<size_t>(day - 1)] += review;
  }

  // First day on which the requests to date are as many as alarm.
  int DayLoud(uint64_t account, const Group& group) const {
    const std::vector<int64_t> daily = population_.Open(account, group).daily;
    int64_t to_date = 0;
    for (size_t d = 0; d < daily.size(); ++d) {
      to_date += daily[d];
      if (static_cast<double>(to_date) >= alarm_from_) return static_cast<int>(d) + 1;
    }
    return static_cast<int>(daily.size());
  }

  void Expand(uint64_t account, const Group& group, bool sampled, bool in_tail, GroupTally& tally) {
    const History history = Observe(population_, detectors_, account, group);
    const Alarms alarms = detectors_.FirstAlarms(history);
    (in_tail ? counts_.tail : counts_.control) += 1;
    tally.members += !in_tail;
    WriterTally* writer = in_tail || counts_.writers.empty() ? nullptr : &counts_.writers[history.writer];
    if (writer != nullptr) ++writer->members;
    for (size_t i = 0; i < kDetectors; ++i) {
      if (alarms.day[i] == 0) continue;
      const auto which = static_cast<Detector>(i);
      const bool by_group = which == Detector::kLinkedMmd || (which == Detector::kFused && alarms.fused_group);
      (in_tail ? counts_.tail_alarms : counts_.control_alarms)[i] += 1;
      if (!in_tail) tally.alarms[i] += 1;
      if (writer != nullptr) ++writer->alarms[i];
      if (group.evaluator) counts_.evaluator_alarms[i] += 1;
      Count(in_tail || which == Detector::kVolume ? counts_.tail_reviews : counts_.control_reviews, i, alarms.day[i],
            by_group ? kOneReview / group.size : kOneReview);
    }
    if (!sampled) return;
    const PerDetector<double> highest = detectors_.Highest(history);
    for (size_t i = 0; i < kDetectors; ++i) {
      counts_.rarities[i].Add(detectors_.Rarity(static_cast<Detector>(i), highest[i]));
    }
  }

  const Population& population_;
  const Detectors& detectors_;
  int64_t tail_from_;
  double alarm_from_;
  const CounterStreams& control_;
  uint64_t control_below_;
  PassCounts& counts_;
};

}  // namespace

void PassCounts::Add(const PassCounts& other) {
  accounts += other.accounts;
  requests += other.requests;
  evaluators += other.evaluators;
  linked += other.linked;
  tail += other.tail;
  control += other.control;
  volume_alarms += other.volume_alarms;
  control_members_squared += other.control_members_squared;
  if (writers.size() < other.writers.size()) writers.resize(other.writers.size());
  for (size_t w = 0; w < other.writers.size(); ++w) {
    writers[w].members += other.writers[w].members;
    for (size_t i = 0; i < kDetectors; ++i) writers[w].alarms[i] += other.writers[w].alarms[i];
  }
  for (size_t i = 0; i < kDetectors; ++i) {
    tail_alarms[i] += other.tail_alarms[i];
    control_alarms[i] += other.control_alarms[i];
    evaluator_alarms[i] += other.evaluator_alarms[i];
    control_clusters[i].alarms_squared += other.control_clusters[i].alarms_squared;
    control_clusters[i].alarms_by_members += other.control_clusters[i].alarms_by_members;
    AddDays(tail_reviews[i], other.tail_reviews[i]);
    AddDays(control_reviews[i], other.control_reviews[i]);
    rarities[i].Add(other.rarities[i]);
  }
}

PassCounts Pass(const Population& population, const Detectors& detectors, const PassConfig& config,
                const Watch& watch) {
  const auto accounts = static_cast<double>(population.accounts());
  const double tail_share = std::min(1.0, static_cast<double>(config.tail_accounts) / accounts);
  const int64_t tail_from = tail_share < 1 ? population.volume().Quantile(1 - tail_share) + 1 : 0;
  const double alarm_from = std::exp(detectors.threshold(Detector::kVolume));
  const double control_share = std::min(1.0, static_cast<double>(config.sample_accounts) / accounts);
  const uint64_t control_below = control_share >= 1 ? ~uint64_t{0} : static_cast<uint64_t>(control_share * kTwo64);
  const CounterStreams control(config.seed, "control sample");
  PassCounts sum;
  std::mutex mutex;
  const auto blocks = static_cast<int64_t>(population.blocks());
  const int64_t at_once = std::max<int64_t>(1, blocks / kParts), parts = (blocks + at_once - 1) / at_once;
  const auto part = [&](int64_t index) {
    PassCounts counts;
    BlockReader reader(population, detectors, tail_from, alarm_from, control, control_below, counts);
    for (int64_t block = index * at_once; block < std::min(blocks, (index + 1) * at_once); ++block) {
      population.ForEachGroup(static_cast<uint64_t>(block), [&](const Group& group) { reader.Read(group); });
    }
    const std::lock_guard lock(mutex);
    sum.Add(counts);
  };
  sum.stopped = !ParallelFor(config.threads, parts, part, [&](int64_t done) {
    return !watch || watch("reading a month", static_cast<double>(done) / static_cast<double>(parts));
  });
  return sum;
}

namespace {

// By how much clusters that ring together widen the variance of a rate. Without an alarm: as if they rang as one.
double DesignEffect(const ClusterSums& clusters, int64_t members_squared, double share, double control) {
  const auto squared = static_cast<double>(members_squared);
  const double alone = control * share * (1 - share);
  const double together = static_cast<double>(clusters.alarms_squared) -
                          2 * share * static_cast<double>(clusters.alarms_by_members) + share * share * squared;
  return alone > 0 ? together / alone : squared / control;
}

}  // namespace

PerDetector<Interval> HonestFlagged(const PassCounts& counts) {
  PerDetector<Interval> flagged;
  const auto rest = static_cast<double>(counts.accounts - counts.tail);
  const auto control = static_cast<double>(counts.control);
  for (size_t i = 0; i < kDetectors; ++i) {
    const auto tail = static_cast<double>(counts.tail_alarms[i]);
    const auto alarms = static_cast<double>(counts.control_alarms[i]);
    const auto exact = static_cast<double>(counts.volume_alarms);
    if (static_cast<Detector>(i) == Detector::kVolume) {
      flagged[i] = {exact, exact, exact};
    } else if (counts.control == 0 || counts.control == counts.accounts - counts.tail) {  // none left, or all were seen
      flagged[i] = {tail + alarms, tail + alarms, counts.control == 0 ? tail + rest : tail + alarms};
    } else {
      ClusterSums of_writers;
      int64_t writers_squared = 0;
      for (const WriterTally& writer : counts.writers) {
        of_writers.alarms_squared += writer.alarms[i] * writer.alarms[i];
        of_writers.alarms_by_members += writer.alarms[i] * writer.members;
        writers_squared += writer.members * writer.members;
      }
      const double share = alarms / control;
      const double effect =
          std::max({1.0, DesignEffect(counts.control_clusters[i], counts.control_members_squared, share, control),
                    DesignEffect(of_writers, writers_squared, share, control)});
      const Interval rate = Wilson(alarms / effect, control / effect);
      flagged[i] = {tail + rest * rate.estimate, tail + rest * rate.low, tail + rest * rate.high};
    }
  }
  return flagged;
}

PerDetector<std::vector<double>> HonestReviews(const PassCounts& counts) {
  PerDetector<std::vector<double>> reviews;
  const auto rest = static_cast<double>(counts.accounts - counts.tail);
  const double each = counts.control > 0 ? rest / static_cast<double>(counts.control) : 0;
  for (size_t i = 0; i < kDetectors; ++i) {
    for (size_t d = 0; d < counts.tail_reviews[i].size(); ++d) {
      const double sum =
          static_cast<double>(counts.tail_reviews[i][d]) + (static_cast<Detector>(i) == Detector::kVolume ? 1 : each) *
                                                               static_cast<double>(counts.control_reviews[i][d]);
      reviews[i].push_back(sum / static_cast<double>(kOneReview));
    }
  }
  return reviews;
}

}  // namespace retort
