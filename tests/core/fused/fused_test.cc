// Each fused operation against its formula in double, at sizes below, at and beside the vector width. Their gradients
// are also held to autograd, in whole networks: tests/core/lm/packed_pass_test.cc.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "core/base/random.h"
#include "core/fused/adamw.h"
#include "core/fused/attend.h"
#include "core/fused/cross_entropy.h"
#include "core/fused/linear.h"
#include "core/fused/rms_norm.h"
#include "core/fused/rotary.h"
#include "core/fused/swiglu.h"

namespace retort {
namespace {

std::vector<float> Draw(RandomStream& random, int64_t size, double scale = 1) {
  std::vector<float> values(static_cast<size_t>(size));
  for (float& value : values) value = static_cast<float>(scale * random.Normal());
  return values;
}

TEST(Fused, RmsNorm) {
  RandomStream random(0, "fused_test");
  for (const int64_t d : {1, 3, 16, 24, 33}) {
    const std::vector<float> x = Draw(random, 3 * d), weight = Draw(random, d);
    std::vector<float> out(x.size());
    fused::RmsNorm(x.data(), weight.data(), out.data(), 3, d, 1e-5F);
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

TEST(Fused, Rotate) {
  RandomStream random(1, "fused_test");
  for (const int64_t dh : {2, 6, 16, 34}) {
    const int64_t half = dh / 2;
    const std::vector<float> before = Draw(random, 3 * dh), cos = Draw(random, half), sin = Draw(random, half);
    std::vector<float> row = before;
    fused::Rotate(row.data(), 3, dh, cos.data(), sin.data());
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

TEST(Fused, SwiGluFromTinyToHuge) {
  RandomStream random(2, "fused_test");
  for (const double scale : {1e-3, 1.0, 30.0, 200.0}) {
    for (const int64_t f : {1, 5, 16, 40}) {
      const std::vector<float> gate_up = Draw(random, 2 * 2 * f, scale);
      std::vector<float> out(static_cast<size_t>(2 * f));
      fused::SwiGlu(gate_up.data(), out.data(), 2, f);
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

TEST(Fused, Attend) {
  RandomStream random(3, "fused_test");
  for (const int64_t dh : {2, 6, 16, 20}) {
    for (const auto& [first, last] : std::vector<std::pair<int64_t, int64_t>>{
             {0, 1}, {0, 2}, {0, 7}, {0, 16}, {0, 31}, {0, 64}, {0, 79}, {78, 79}, {5, 40}, {16, 33}}) {
      const std::vector<float> q = Draw(random, dh, 3), k = Draw(random, dh * 80), v = Draw(random, 80 * dh + 16);
      std::vector<float> blocks(k.size()), out(static_cast<size_t>(dh)), scratch;
      for (int64_t t = 0; t < last; ++t) fused::PutKey(k.data() + t * dh, t, dh, blocks.data());
      fused::Attend(q.data(), blocks.data(), v.data(), out.data(), first, last, dh, 0.7F, scratch);
      std::vector<double> weight;
      double sum = 0;
      for (int64_t t = first; t < last; ++t) {
        double score = 0;
        for (int64_t i = 0; i < dh; ++i) score += q[static_cast<size_t>(i)] * k[static_cast<size_t>(t * dh + i)];
        weight.push_back(std::exp(0.7 * score));
        sum += weight.back();
      }
      for (int64_t i = 0; i < dh; ++i) {
        double expected = 0;
        for (int64_t t = first; t < last; ++t) {
          expected += weight[static_cast<size_t>(t - first)] / sum * v[static_cast<size_t>(t * dh + i)];
        }
        EXPECT_NEAR(out[static_cast<size_t>(i)], expected, 2e-6 * (1 + std::abs(expected))) << dh << " " << last;
      }
    }
  }
}

double Nll(const std::vector<double>& logits, size_t target) {
  double sum = 0;
  for (const double x : logits) sum += std::exp(x - logits[target]);
  return std::log(sum);
}

TEST(Fused, CrossEntropyAndItsGradientByFiniteDifferences) {
  RandomStream random(4, "fused_test");
  for (const int64_t vocab : {2, 7, 16, 37}) {
    for (const double scale : {0.1, 1.0, 30.0}) {
      std::vector<float> logits = Draw(random, 2 * vocab, scale);
      const std::vector<int64_t> targets = {0, vocab - 1};
      std::vector<std::vector<double>> rows;
      for (int64_t r = 0; r < 2; ++r) {
        rows.emplace_back(logits.begin() + r * vocab, logits.begin() + (r + 1) * vocab);
      }
      const double loss = fused::CrossEntropy(logits.data(), targets.data(), 2, vocab, 0.25F);
      double expected = 0;
      for (size_t r = 0; r < 2; ++r) {
        const auto target = static_cast<size_t>(targets[r]);
        expected += Nll(rows[r], target);
        for (size_t i = 0; i < static_cast<size_t>(vocab); ++i) {
          std::vector<double> up = rows[r], down = rows[r];
          up[i] += 1e-5, down[i] -= 1e-5;
          const double slope = 0.25 * (Nll(up, target) - Nll(down, target)) / 2e-5;
          EXPECT_NEAR(logits[r * static_cast<size_t>(vocab) + i], slope, 1e-6);
        }
      }
      EXPECT_NEAR(loss, expected, 1e-5 * (1 + expected));
    }
  }
}

TEST(Fused, CrossEntropyHidesNothingThatIsNotFinite) {
  for (const float bad : {NAN, INFINITY}) {
    for (size_t place = 0; place < 20; ++place) {
      std::vector<float> logits(20, 1.0F);
      logits[place] = bad;
      const int64_t target = 3;
      EXPECT_FALSE(std::isfinite(fused::CrossEntropy(logits.data(), &target, 1, 20, 1))) << place;
    }
  }
}

TEST(Fused, AdamW) {
  RandomStream random(5, "fused_test");
  for (const int64_t size : {1, 15, 33, 5000}) {
    std::vector<float> p = Draw(random, size), g = Draw(random, size), m = Draw(random, size), v = Draw(random, size);
    for (float& x : v) x *= x;
    const std::vector<float> p0 = p, g0 = g, m0 = m, v0 = v;
    double squares = 0;
    for (const float x : g) squares += static_cast<double>(x) * x;
    EXPECT_NEAR(fused::SumOfSquares(g.data(), size), squares, 1e-6 * squares);
    const fused::AdamWStep step{.learning_rate = 0.01,
                                .beta1 = 0.9,
                                .beta2 = 0.95,
                                .epsilon = 1e-8,
                                .weight_decay = 0.1,
                                .gradient_scale = 0.5,
                                .step = 3};
    fused::AdamW(p.data(), g.data(), m.data(), v.data(), size, step);
    for (size_t i = 0; i < p.size(); ++i) {
      const double gradient = 0.5 * g0[i], first = 0.9 * m0[i] + 0.1 * gradient;
      const double second = 0.95 * v0[i] + 0.05 * gradient * gradient;
      const double root = std::sqrt(second / (1 - std::pow(0.95, 3))) + 1e-8;
      const double expected = p0[i] * (1 - 0.001) - 0.01 * first / (1 - std::pow(0.9, 3)) / root;
      EXPECT_NEAR(p[i], expected, 1e-6 * (1 + std::abs(expected)));
      EXPECT_NEAR(m[i], first, 1e-6);
      EXPECT_NEAR(v[i], second, 1e-6 * (1 + second));
      EXPECT_EQ(g[i], 0);
    }
  }
}

TEST(Fused, LinearInBothTypesAddsAndSplitsAnywhere) {
  RandomStream random(6, "fused_test");
  for (const int64_t rows : {1, 2, 3, 7, 12, 16, 37}) {
    for (const int64_t k : {1, 15, 16, 50, 300}) {
      for (const int64_t outputs : {1, 2, 9, 33, 64}) {
        const std::vector<float> x = Draw(random, rows * k);
        std::vector<float> weight = Draw(random, outputs * k, 1 / std::sqrt(static_cast<double>(k)));
        std::vector<uint16_t> narrow;
        for (float& w : weight) {
          narrow.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(w) >> 16));
          w = std::bit_cast<float>(static_cast<uint32_t>(narrow.back()) << 16);
        }
        std::vector<float> once(static_cast<size_t>(rows * outputs)), twice = once;
        const int64_t middle = outputs / 3;
        fused::Linear(x.data(), rows, weight.data(), k, 0, middle, once.data(), outputs, false);
        fused::Linear(x.data(), rows, weight.data(), k, middle, outputs, once.data(), outputs, false);
        fused::Linear(x.data(), rows, narrow.data(), k, 0, outputs, twice.data(), outputs, false);
        fused::Linear(x.data(), rows, narrow.data(), k, 0, outputs, twice.data(), outputs, true);
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t n = 0; n < outputs; ++n) {
            double expected = 0;
            for (int64_t i = 0; i < k; ++i) {
              expected +=
                  static_cast<double>(x[static_cast<size_t>(r * k + i)]) * weight[static_cast<size_t>(n * k + i)];
            }
            const auto place = static_cast<size_t>(r * outputs + n);
            EXPECT_NEAR(once[place], expected, 2e-5);
            EXPECT_NEAR(twice[place], 2 * expected, 4e-5);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace retort
