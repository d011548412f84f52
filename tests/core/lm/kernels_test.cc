// Each kernel against the formula in double, at sizes below, at and beside the vector width.
#include "core/lm/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/base/random.h"

namespace retort {
namespace {

std::vector<float> Draw(RandomStream& random, int64_t size, double scale = 1) {
  std::vector<float> values(static_cast<size_t>(size));
  for (float& value : values) value = static_cast<float>(scale * random.Normal());
  return values;
}

TEST(Kernels, RmsNorm) {
  RandomStream random(0, "kernels_test");
  for (const int64_t d : {1, 3, 16, 24, 33}) {
    const std::vector<float> x = Draw(random, 3 * d), weight = Draw(random, d);
    std::vector<float> out(x.size());
    kernels::RmsNorm(x.data(), weight.data(), out.data(), 3, d, 1e-5F);
    for (int64_t r = 0; r < 3; ++r) {
      double sum = 0;
      for (int64_t i = 0; i < d; ++i) sum += std::pow(x[static_cast<size_t>(r * d + i)], 2);
      for (int64_t i = 0; i < d; ++i) {
        const auto at = static_cast<size_t>(r * d + i);
        const double expected = x[at] / std::sqrt(sum / static_cast<double>(d) + 1e-5) * weight[static_cast<size_t>(i)];
        EXPECT_NEAR(out[at], expected, 1e-5 * (1 + std::abs(expected)));
      }
    }
  }
}

TEST(Kernels, Rotate) {
  RandomStream random(1, "kernels_test");
  for (const int64_t dh : {2, 6, 16, 34}) {
    const int64_t half = dh / 2;
    const std::vector<float> before = Draw(random, 3 * dh), cos = Draw(random, half), sin = Draw(random, half);
    std::vector<float> row = before;
    kernels::Rotate(row.data(), 3, dh, cos.data(), sin.data());
    for (int64_t h = 0; h < 3; ++h) {
      for (int64_t i = 0; i < half; ++i) {
        const auto low = static_cast<size_t>(h * dh + i), high = static_cast<size_t>(h * dh + half + i);
        const auto c = static_cast<size_t>(i);
        EXPECT_NEAR(row[low], before[low] * cos[c] - before[high] * sin[c], 1e-5);
        EXPECT_NEAR(row[high], before[high] * cos[c] + before[low] * sin[c], 1e-5);
      }
    }
  }
}

TEST(Kernels, SwiGluFromTinyToHuge) {
  RandomStream random(2, "kernels_test");
  for (const double scale : {1e-3, 1.0, 30.0, 200.0}) {
    for (const int64_t f : {1, 5, 16, 40}) {
      const std::vector<float> gate_up = Draw(random, 2 * 2 * f, scale);
      std::vector<float> out(static_cast<size_t>(2 * f));
      kernels::SwiGlu(gate_up.data(), out.data(), 2, f);
      for (int64_t r = 0; r < 2; ++r) {
        for (int64_t i = 0; i < f; ++i) {
          const double gate = gate_up[static_cast<size_t>(2 * r * f + i)];
          const double up = gate_up[static_cast<size_t>(2 * r * f + f + i)];
          const double expected = gate / (1 + std::exp(-gate)) * up;
          EXPECT_NEAR(out[static_cast<size_t>(r * f + i)], expected, 1e-6 * (1 + std::abs(expected))) << gate;
        }
      }
    }
  }
}

TEST(Kernels, Attend) {
  RandomStream random(3, "kernels_test");
  for (const int64_t dh : {2, 6, 16, 20}) {
    for (const int64_t length : {1, 2, 7, 16, 31}) {
      constexpr int64_t kCapacity = 32;
      const std::vector<float> q = Draw(random, dh, 3), k = Draw(random, dh * kCapacity),
                               v = Draw(random, kCapacity * dh);
      std::vector<float> out(static_cast<size_t>(dh)), scratch(static_cast<size_t>(length));
      kernels::Attend(q.data(), k.data(), v.data(), out.data(), scratch.data(), length, kCapacity, dh, 0.7F);
      std::vector<double> weight;
      double sum = 0;
      for (int64_t t = 0; t < length; ++t) {
        double score = 0;
        for (int64_t i = 0; i < dh; ++i) score += q[static_cast<size_t>(i)] * k[static_cast<size_t>(i * kCapacity + t)];
        weight.push_back(std::exp(0.7 * score));
        sum += weight.back();
      }
      for (int64_t i = 0; i < dh; ++i) {
        double expected = 0;
        for (int64_t t = 0; t < length; ++t) {
          expected += weight[static_cast<size_t>(t)] / sum * v[static_cast<size_t>(t * dh + i)];
        }
        EXPECT_NEAR(out[static_cast<size_t>(i)], expected, 2e-6 * (1 + std::abs(expected))) << dh << " " << length;
      }
    }
  }
}

}  // namespace
}  // namespace retort
