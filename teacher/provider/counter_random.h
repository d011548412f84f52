// Chance by counter: the stream of (seed, name, index) can be opened anywhere, so that any account is made anew alone
// and results do not depend on threads or order. SplitMix64 (Steele, Lea & Flood 2014) with Stafford's mix 13: an
// account's key is one step of the sequence of (seed, name), its draws are the steps of the sequence that the key
// begins. core/base/random.h seeds a Mersenne twister for each stream, which is too slow for hundreds of millions of
// them.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/base/hash.h"

namespace retort {

inline uint64_t Mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

inline constexpr uint64_t kGoldenGamma = 0x9E3779B97F4A7C15U;

class CounterRandom {
 public:
  explicit CounterRandom(uint64_t key) : state_(key) {}

  uint64_t Next() { return Mix64(state_ += kGoldenGamma); }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }              // [0, 1)
  double OpenUniform() { return (static_cast<double>(Next() >> 11) + 0.5) * 0x1p-53; }  // (0, 1)
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(((Next() >> 32) * n) >> 32); }
  // Variance 1, from four uniform sixteenths (Irwin-Hall): ends at ±3.46, which is enough for noise around a topic and
  // costs a tenth of Box-Muller.
  float Noise() {
    const uint64_t x = Next();
    const auto sum = static_cast<int32_t>((x & 0xFFFF) + ((x >> 16) & 0xFFFF) + ((x >> 32) & 0xFFFF) + (x >> 48));
    return static_cast<float>(sum - 2 * 65535) * (1.7320508F / 65536.0F);
  }
  double Gamma(double shape);  // scale 1; Marsaglia & Tsang 2000, with their boost below shape 1

 private:
  uint64_t state_;
};

// The streams of one (seed, name); `Key(i)` opens the i-th.
class CounterStreams {
 public:
  CounterStreams(uint64_t seed, std::string_view name) : base_(StableHash(seed, name)) {}
  uint64_t Key(uint64_t index) const { return Mix64(base_ + index * kGoldenGamma); }
  CounterRandom Open(uint64_t index) const { return CounterRandom(Key(index)); }

 private:
  uint64_t base_;
};

inline double CounterRandom::Gamma(double shape) {
  if (shape < 1) {
    const double u = OpenUniform();
    return Gamma(shape + 1) * std::pow(u, 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = std::sqrt(-2 * std::log(OpenUniform())) * std::cos(6.283185307179586 * Uniform());
    const double root = 1 + c * x, v = root * root * root;
    if (v > 0 && std::log(OpenUniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace retort
