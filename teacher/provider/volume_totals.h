// The monthly totals of a whole haystack in constant memory: counted one by one below 8 192, above in 1 024 bins an
// octave (0.07 % wide), which is finer than a review's worth of accounts out there. The volume detector's threshold
// lies among the highest few in a million, where a sample of accounts has a dozen; a provider knows last month's totals
// exactly, and so does this.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "teacher/provider/population.h"
#include "teacher/provider/tail_model.h"

namespace retort {

class VolumeTotals {
 public:
  void Add(int64_t total) { ++counts_[Bin(total)]; }
  void Add(const VolumeTotals& other);
  bool operator==(const VolumeTotals&) const = default;

  // Logarithms of totals above 0, each as often as it occurs: the volume detector's scores.
  std::vector<TailModel::Weighted> Scores() const;

 private:
  static constexpr int kExact = 8192, kBinsAnOctave = 1024, kOctaves = 50;  // method: bins
  static size_t Bin(int64_t total);
  static double Least(size_t bin);  // total in it

  std::vector<int64_t> counts_ = std::vector<int64_t>(kExact + kBinsAnOctave * kOctaves);
};

// Streams over all accounts; nullopt where `tick(share done)` stopped it.
std::optional<VolumeTotals> CountTotals(const Population& population, int threads,
                                        const std::function<bool(double)>& tick);

}  // namespace retort
