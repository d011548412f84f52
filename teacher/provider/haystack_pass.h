// What a provider's detectors do to honest accounts: calibration on one synthetic population, then one streamed pass
// over another. The pass draws the monthly total of every account; only those in the tail of volume and a uniform
// control sample are expanded to days and requests. Memory does not grow with the haystack, and all sums are of whole
// numbers (a group's review is split over its members in 2^-20ths), so that the numbers are the same for any number of
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/stats/interval.h"
#include "teacher/provider/detectors.h"
#include "teacher/provider/population.h"
#include "teacher/provider/rarity_counts.h"

namespace retort {

// Shown while something long runs: what, the share done. Answers false to stop.
using Watch = std::function<bool(const char* what, double share)>;

struct PassConfig {
  int64_t sample_accounts = 200'000;  // of the control sample; for calibration twice as many
  int64_t tail_accounts = 20'000;     // expected among the honest; all of them are expanded
  int threads = 2;
  uint64_t seed = 0;
};

History Observe(const Population& population, const Detectors& detectors, uint64_t account, const Group& group);

// Detectors that know a population like `population` made from another seed, as a provider knows last month's.
// `alarms`: honest alarms of each detector in the whole haystack that can be looked at. Null if `watch` stopped it.
std::unique_ptr<Detectors> Calibrated(const Population& population, const DetectorPolicy& policy, double alarms,
                                      const PassConfig& config, const Watch& watch);

// Sums over groups, for the variance of a rate among sampled accounts whose groups ring together.
struct ClusterSums {
  int64_t alarms_squared = 0, alarms_by_members = 0;  // Σ y², Σ y n: alarms and sampled members of a group
  bool operator==(const ClusterSums&) const = default;
};

struct WriterTally {  // of the control sample
  int64_t members = 0;
  PerDetector<int64_t> alarms{};
  bool operator==(const WriterTally&) const = default;
};

inline constexpr int64_t kOneReview = int64_t{1} << 20;

struct PassCounts {
  int64_t accounts = 0, requests = 0, evaluators = 0, linked = 0;
  int64_t tail = 0, control = 0;                         // expanded; control without the tail
  int64_t volume_alarms = 0;                             // over all accounts, exact
  PerDetector<int64_t> tail_alarms{}, control_alarms{};  // honest, so all of them false
  PerDetector<int64_t> evaluator_alarms{};               // of the expanded
  PerDetector<ClusterSums> control_clusters{};
  int64_t control_members_squared = 0;  // Σ n²
  std::vector<WriterTally> writers;     // by History::writer; none where texts are assumed
  // What reviewers get to see of the honest, by day of the alarm, in kOneReview; of volume over all accounts.
  PerDetector<std::vector<int64_t>> tail_reviews, control_reviews;
  PerDetector<RarityCounts> rarities;  // of a uniform sample of all accounts
  bool stopped = false;

  void Add(const PassCounts& other);
  bool operator==(const PassCounts&) const = default;
};
PassCounts Pass(const Population& population, const Detectors& detectors, const PassConfig& config, const Watch& watch);

// Honest accounts flagged in the whole haystack: the tail counted, the rest extrapolated from the control sample; of
// the volume detector exact. The interval of the rate is Wilson's at the effective number of accounts: members of a
// group ring together, so its variance is that of clusters, Σ (y - rate n)² / (Σ n)² (Cochran 1977, section 3.12; Korn
// & Graubard 1998). Without an alarm groups count as if they rang as one. Accounts that write as one of a log's are
// such a cluster, too; the wider of the two intervals is given.
PerDetector<Interval> HonestFlagged(const PassCounts& counts);

// Reviews that the honest ask for, by day, in the whole haystack.
PerDetector<std::vector<double>> HonestReviews(const PassCounts& counts);

}  // namespace retort
