// Named random streams: every use of chance has a name and a seed, so that adding one use never shifts another.
// The engine is std::mt19937_64, whose output the standard fixes; the distributions are ours, since those of the
// standard library differ between implementations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace retort {

class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view name);  // any seed is as good as another, 0 too

  uint64_t Next() { return engine_(); }
  uint64_t Below(uint64_t n);  // uniform in [0, n), unbiased; n > 0
  double Uniform();            // uniform in [0, 1), 53 bits
  double Normal();             // standard normal, Box-Muller
  template <class T>
  void Shuffle(std::vector<T>& items) {  // Fisher-Yates
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace retort
