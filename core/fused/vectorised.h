// How the fused operations become vector code without a flag that would tie a binary to one processor: plain loops,
// compiled for several instruction sets, of which the loader picks one. Portable, and within a few per cent of
// intrinsics where it was measured; the price is that hot loops must be written so that the compiler sees through them.
#pragma once

#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define RETORT_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RETORT_VECTORISED
#endif
#define RETORT_INLINE inline __attribute__((always_inline))

namespace retort::fused {

// exp(x), clamped to x in [-80, 80], about 1e-7 relative: 2^n times a degree-6 polynomial on |f| <= 1/2 (Cephes'
// expf). Branch-free, so that loops over it vectorise; the clamp keeps what is made of it off the denormal numbers,
// which cost a hundredfold. Not for -ffast-math, which would fold its rounding away.
RETORT_INLINE float Exp(float x) {
  x = x < -80.0F ? -80.0F : (x > 80.0F ? 80.0F : x);
  const float shifted = x * 1.44269504F + 12582912.0F;  // 1.5 * 2^23: rounds to an integer in the low bits
  const float n = shifted - 12582912.0F;
  const float f = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * f + 1.3981999507e-3F;
  p = p * f + 8.3334519073e-3F;
  p = p * f + 4.1665795894e-2F;
  p = p * f + 1.6666665459e-1F;
  p = p * f + 5.0000001201e-1F;
  p = p * f * f + f + 1.0F;
  return p * __builtin_bit_cast(float, (static_cast<int32_t>(n) + 127) << 23);  // std::bit_cast: a call, so no vectors
}

// log(x) of a positive normal number, within about 1e-7 of its size (Cephes' logf); exact at 1. Branch-free as well.
RETORT_INLINE float Log(float x) {
  const auto bits = __builtin_bit_cast(int32_t, x);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;  // the rest lies in [sqrt(1/2), sqrt(2))
  const auto n = static_cast<float>(exponent);
  const float f = __builtin_bit_cast(float, bits - exponent * (1 << 23)) - 1.0F;
  float p = 7.0376836292e-2F;
  p = p * f - 1.1514610310e-1F;
  p = p * f + 1.1676998740e-1F;
  p = p * f - 1.2420140846e-1F;
  p = p * f + 1.4249322787e-1F;
  p = p * f - 1.6668057665e-1F;
  p = p * f + 2.0000714765e-1F;
  p = p * f - 2.4999993993e-1F;
  p = p * f + 3.3333331174e-1F;
  return f + ((p * f * f * f - n * 2.12194440e-4F) - 0.5F * f * f) + n * 0.693359375F;
}

}  // namespace retort::fused
