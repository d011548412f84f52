// MMD against its definition by a double sum, PRADA against what it must tell apart.
#include "teacher/provider/text_detectors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"

namespace retort {
namespace {

std::vector<Features> Cloud(size_t n, double shift, uint64_t seed) {
  RandomStream random(seed, "cloud");
  std::vector<Features> cloud(n);
  for (Features& x : cloud) {
    for (float& value : x) value = static_cast<float>(random.Normal());
    x[0] += static_cast<float>(shift);
  }
  return cloud;
}

// E‖φ(x) − φ(y)‖² with a Gaussian kernel of bandwidth s between N(0, I) and N(δ, I), in closed form:
// 2 (s²/(s²+2))^(d/2) (1 − exp(−δ²/(2 (s² + 2)))); s² is the median squared distance, about 2 · 7.34 for d = 8.
TEST(Mmd, IsTheDiscrepancyOfTheGaussianKernel) {
  const MmdDetector detector(Cloud(20'000, 0, 1), 7);
  const double s2 = 2 * 7.344, d = 8;
  for (const double shift : {0.0, 1.0, 2.0, 3.0}) {
    double mean = 0;
    constexpr int kWindows = 400;
    for (int i = 0; i < kWindows; ++i) mean += detector.Score(Cloud(64, shift, 100 + static_cast<uint64_t>(i)));
    mean /= kWindows;
    const double exact = 2 * std::pow(s2 / (s2 + 2), d / 2) * (1 - std::exp(-shift * shift / (2 * (s2 + 2))));
    // 32 random features know the kernel to about a third of the discrepancy; unbiased at no shift.
    EXPECT_NEAR(mean, exact, 0.003 + 0.35 * exact) << shift;
  }
}

TEST(Mmd, AWindowIsJudgedWhateverItsOrder) {
  const MmdDetector detector(Cloud(500, 0, 1), 7);
  std::vector<Features> window = Cloud(40, 1, 2), turned(window.rbegin(), window.rend());
  EXPECT_NEAR(detector.Score(window), detector.Score(turned), 1e-6);
  EXPECT_GT(detector.Score(Cloud(64, 3, 5)), detector.Score(Cloud(64, 0, 5)));
}

// W' of a sample is the squared correlation with normal scores: near 1 for normal distances, low for two-peaked ones.
TEST(Prada, TwoKindsOfDistancesAreNotNormal) {
  const PradaDetector detector(64);
  std::vector<Features> spread = Cloud(64, 0, 3), paired = spread;
  for (size_t i = 1; i < paired.size(); i += 2) {  // each second request all but repeats the one before
    paired[i] = paired[i - 1];
    paired[i][0] += 0.01F;
  }
  EXPECT_LT(detector.Score(spread), 0.15);
  EXPECT_GT(detector.Score(paired), detector.Score(spread) + 0.05);
}

TEST(Prada, TheSameRequestOverAndOverIsAsStrangeAsCanBe) {
  const PradaDetector detector(64);
  EXPECT_EQ(detector.Score(std::vector<Features>(10)), 1);
}

}  // namespace
}  // namespace retort
