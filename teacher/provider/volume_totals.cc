#include "teacher/provider/volume_totals.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>

#include "teacher/provider/parallel.h"

namespace retort {
namespace {

constexpr int64_t kParts = 256;  // method: about, so that adding up costs nothing beside them

}  // namespace

// Above kExact: the octave, then the leading ten bits below its first.
size_t VolumeTotals::Bin(int64_t total) {
  if (total < kExact) return static_cast<size_t>(std::max<int64_t>(total, 0));
  const auto bits = static_cast<uint64_t>(total);
  const int shift = std::bit_width(bits) - std::bit_width(static_cast<unsigned>(kBinsAnOctave));
  const int octave = std::bit_width(bits) - std::bit_width(static_cast<unsigned>(kExact));
  const size_t bin = kExact + static_cast<size_t>(octave) * kBinsAnOctave + ((bits >> shift) - kBinsAnOctave);
  return std::min(bin, static_cast<size_t>(kExact + kBinsAnOctave * kOctaves - 1));
}

double VolumeTotals::Least(size_t bin) {
  if (bin < kExact) return static_cast<double>(bin);
  const size_t above = bin - kExact;
  const auto mantissa = static_cast<double>(kBinsAnOctave + above % kBinsAnOctave) / kBinsAnOctave;
  return std::ldexp(kExact * mantissa, static_cast<int>(above / kBinsAnOctave));
}

void VolumeTotals::Add(const VolumeTotals& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::vector<TailModel::Weighted> VolumeTotals::Scores() const {
  std::vector<TailModel::Weighted> scores;
  for (size_t bin = 1; bin < counts_.size(); ++bin) {
    if (counts_[bin] > 0) scores.push_back({std::log(Least(bin)), static_cast<double>(counts_[bin])});
  }
  return scores;
}

std::optional<VolumeTotals> CountTotals(const Population& population, int threads,
                                        const std::function<bool(double)>& tick) {
  VolumeTotals sum;
  std::mutex mutex;
  const auto blocks = static_cast<int64_t>(population.blocks());
  const int64_t at_once = std::max<int64_t>(1, blocks / kParts), parts = (blocks + at_once - 1) / at_once;
  const auto part = [&](int64_t index) {
    VolumeTotals totals;
    for (int64_t block = index * at_once; block < std::min(blocks, (index + 1) * at_once); ++block) {
      population.ForEachGroup(static_cast<uint64_t>(block), [&](const Group& group) {
        for (uint64_t account = group.first; account < group.first + group.size; ++account) {
          totals.Add(population.Total(account, group));
        }
      });
    }
    const std::lock_guard lock(mutex);
    sum.Add(totals);
  };
  const bool done = ParallelFor(threads, parts, part, [&](int64_t ready) {
    return !tick || tick(static_cast<double>(ready) / static_cast<double>(parts));
  });
  if (!done) return std::nullopt;
  return sum;
}

}  // namespace retort
