#include "teacher/provider/haystack_pass.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "teacher/provider/parallel.h"

namespace retort {
namespace {

constexpr int64_t kReferenceAccounts = 4096;  // whose requests the MMD compares with
constexpr size_t kReferenceRequests = 4;      // of each
constexpr int64_t kSampleBlocks = 256;        // of accounts, that a calibration sample is taken from

// Calls `visit(account, group)` for about `count` accounts of one block out of `blocks` that are spread evenly over
// all; `half` 0 and 1 give different accounts. Whole blocks, because finding an account's group reads its block.
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

std::vector<HonestScores> Sample(const Population& population, const Detectors& detectors, int half, int64_t count,
                                 int threads, const std::function<bool(double)>& tick) {
  const int64_t blocks = std::min<int64_t>(kSampleBlocks, static_cast<int64_t>(population.blocks()));
  std::vector<std::vector<HonestScores>> parts(static_cast<size_t>(blocks));
  const bool done = ParallelFor(
      threads, blocks,
      [&](int64_t index) {
        VisitSample(population, index, blocks, count, half, [&](uint64_t account, const Group& group) {
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
  History history{.group_size = group.size};
  Traffic traffic = population.Open(account, group);
  detectors.Look(traffic, history);
  if (group.size < 2) return history;
  const uint64_t count = std::min<uint64_t>(group.size, static_cast<uint64_t>(detectors.policy().group_members));
  std::vector<Traffic> members;
  members.reserve(count);
  for (uint64_t m = 0; m < count; ++m) {  // the same for whichever member asks
    members.push_back(population.Open(group.first + m * group.size / count, group));
  }
  detectors.LookAtGroup(members, history);
  return history;
}

std::unique_ptr<Detectors> Calibrated(const Population& population, const DetectorPolicy& policy, double alarms,
                                      const PassConfig& config, const Watch& watch) {
  std::vector<Features> reference;
  const auto reference_blocks = std::min<int64_t>(kSampleBlocks, static_cast<int64_t>(population.blocks()));
  for (int64_t index = 0; index < reference_blocks; ++index) {
    VisitSample(population, index, reference_blocks, kReferenceAccounts, 0, [&](uint64_t account, const Group& group) {
      Traffic traffic = population.Open(account, group);
      reference.resize(reference.size() + kReferenceRequests);
      traffic.Draw(population.world(), std::span(reference).last(kReferenceRequests));
    });
  }
  auto detectors = std::make_unique<Detectors>(policy, population.world(), reference, config.seed);
  for (const int half : {0, 1}) {
    const std::vector<HonestScores> sample =
        Sample(population, *detectors, half, config.sample_accounts, config.threads,
               [&](double share) { return !watch || watch("calibrating the detectors", (half + share) / 2); });
    if (sample.empty()) return nullptr;
    if (half == 0) {
      detectors->CalibrateParts(sample);
    } else {
      detectors->CalibrateFused(sample, alarms / static_cast<double>(population.accounts()));
    }
  }
  return detectors;
}

void PassCounts::Add(const PassCounts& other) {
  accounts += other.accounts;
  requests += other.requests;
  evaluators += other.evaluators;
  linked += other.linked;
  tail += other.tail;
  control += other.control;
  volume_alarms += other.volume_alarms;
  for (size_t i = 0; i < kDetectors; ++i) {
    tail_alarms[i] += other.tail_alarms[i];
    control_alarms[i] += other.control_alarms[i];
    evaluator_alarms[i] += other.evaluator_alarms[i];
  }
}

PassCounts Pass(const Population& population, const Detectors& detectors, const PassConfig& config,
                const Watch& watch) {
  const auto accounts = static_cast<double>(population.accounts());
  const double tail_share = std::min(1.0, static_cast<double>(config.tail_accounts) / accounts);
  const int64_t tail_from = tail_share < 1 ? population.volume().Quantile(1 - tail_share) + 1 : 0;
  const double alarm_from = std::exp(detectors.threshold(Detector::kVolume));
  const double control_share = std::min(1.0, static_cast<double>(config.sample_accounts) / accounts);
  const uint64_t control_below = control_share >= 1 ? ~uint64_t{0} : static_cast<uint64_t>(control_share * 0x1p64);
  const CounterStreams control(config.seed, "control sample");
  PassCounts sum;
  std::mutex mutex;
  const auto block = [&](int64_t index) {
    PassCounts counts;
    population.ForEachGroup(static_cast<uint64_t>(index), [&](const Group& group) {
      if (group.size > 1) counts.linked += group.size;
      if (group.evaluator) counts.evaluators += group.size;
      for (uint64_t account = group.first; account < group.first + group.size; ++account) {
        const int64_t total = population.Total(account, group);
        counts.requests += total;
        // As the detector compares: logarithms are equal to the last bit only where numbers are.
        counts.volume_alarms += static_cast<double>(total) >= alarm_from;
        const bool in_tail = total >= tail_from;
        if (!in_tail && control.Key(account) >= control_below) continue;
        (in_tail ? counts.tail : counts.control) += 1;
        const PerDetector<int> alarms = detectors.FirstAlarms(Observe(population, detectors, account, group));
        for (size_t i = 0; i < kDetectors; ++i) {
          (in_tail ? counts.tail_alarms : counts.control_alarms)[i] += alarms[i] > 0;
          if (group.evaluator) counts.evaluator_alarms[i] += alarms[i] > 0;
        }
      }
      counts.accounts += group.size;
    });
    const std::lock_guard lock(mutex);
    sum.Add(counts);
  };
  const auto blocks = static_cast<int64_t>(population.blocks());
  sum.stopped = !ParallelFor(config.threads, blocks, block, [&](int64_t done) {
    return !watch || watch("reading a month", static_cast<double>(done) / static_cast<double>(blocks));
  });
  return sum;
}

PerDetector<Interval> HonestFlagged(const PassCounts& counts) {
  PerDetector<Interval> flagged;
  for (size_t i = 0; i < kDetectors; ++i) {
    const auto tail = static_cast<double>(counts.tail_alarms[i]);
    const auto rest = static_cast<double>(counts.accounts - counts.tail);
    const auto control = static_cast<double>(counts.control);
    const auto exact = static_cast<double>(counts.volume_alarms);
    if (static_cast<Detector>(i) == Detector::kVolume) {
      flagged[i] = {exact, exact, exact};
    } else if (counts.control == 0 || counts.control == counts.accounts - counts.tail) {  // none left, or all were seen
      const double all = tail + static_cast<double>(counts.control_alarms[i]);
      flagged[i] = {all, all, counts.control == 0 ? tail + rest : all};
    } else {
      const Interval rate = Wilson(static_cast<double>(counts.control_alarms[i]), control);
      flagged[i] = {tail + rest * rate.estimate, tail + rest * rate.low, tail + rest * rate.high};
    }
  }
  return flagged;
}

}  // namespace retort
