// What a provider's detectors do to honest accounts: calibration on one synthetic population, then one streamed pass
// over another. The pass draws the monthly total of every account; only those in the tail of volume and a uniform
// control sample are expanded to days and requests. Memory does not grow with the haystack, and all sums are of whole
// numbers, so that the numbers are the same for any number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/stats/interval.h"
#include "teacher/provider/detectors.h"
#include "teacher/provider/population.h"

namespace retort {

// Shown while something long runs: what, the share done. Answers false to stop.
using Watch = std::function<bool(const char* what, double share)>;

struct PassConfig {
  int64_t sample_accounts = 200'000;  // of the control sample, and of each of the two calibration samples
  int64_t tail_accounts = 20'000;     // expected among the honest; all of them are expanded
  int threads = 2;
  uint64_t seed = 0;
};

History Observe(const Population& population, const Detectors& detectors, uint64_t account, const Group& group);

// Detectors that know a population like `population` made from another seed, as a provider knows last month's.
// `alarms`: honest alarms of each detector in the whole haystack that can be looked at. Null if `watch` stopped it.
std::unique_ptr<Detectors> Calibrated(const Population& population, const DetectorPolicy& policy, double alarms,
                                      const PassConfig& config, const Watch& watch);

struct PassCounts {
  int64_t accounts = 0, requests = 0, evaluators = 0, linked = 0;
  int64_t tail = 0, control = 0;                         // expanded; control without the tail
  int64_t volume_alarms = 0;                             // over all accounts, exact
  PerDetector<int64_t> tail_alarms{}, control_alarms{};  // honest, so all of them false
  PerDetector<int64_t> evaluator_alarms{};               // of the expanded
  bool stopped = false;

  void Add(const PassCounts& other);
  bool operator==(const PassCounts&) const = default;
};
PassCounts Pass(const Population& population, const Detectors& detectors, const PassConfig& config, const Watch& watch);

// Honest accounts flagged in the whole haystack: the tail counted, the rest extrapolated from the control sample
// (Wilson's interval of its rate); of the volume detector exact.
PerDetector<Interval> HonestFlagged(const PassCounts& counts);

}  // namespace retort
