// How long the statistics of one arm take: 8 seeds, 1,000 items that they share, 10 sizes, 2,000 replicates; and a
// comparison of two such arms. Medians of 9; prints one line of JSON.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "core/base/random.h"
#include "core/stats/curve_contrast.h"
#include "core/stats/gap_curve.h"

namespace retort {
namespace {

GapCurveInput Arm(double late) {
  RandomStream random(1, "stats_bench");
  GapCurveInput input{.sizes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};
  const auto draw = [&](double rate) {
    std::vector<double> scores(1000);
    for (double& score : scores) score = random.Uniform() < rate ? 1 : 0;
    return scores;
  };
  for (int k = 0; k < 8; ++k) {
    GapSeed seed{"all", draw(0.1), draw(0.9), {}};
    const double own = 0.1 * random.Uniform();
    for (size_t i = 0; i < input.sizes.size(); ++i) {
      seed.at_size.push_back(draw(std::clamp(0.1 + 0.08 * (static_cast<double>(i) - late) + own, 0.0, 1.0)));
    }
    input.seeds.push_back(std::move(seed));
  }
  return input;
}

double Median(const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int run = 0; run < 9; ++run) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + 4, seconds.end());
  return seconds[4];
}

}  // namespace
}  // namespace retort

int main() {
  using namespace retort;
  const GapCurveInput a = Arm(0);
  GapCurveInput b = Arm(1);
  for (size_t k = 0; k < b.seeds.size(); ++k) {
    b.seeds[k].base = a.seeds[k].base;
    b.seeds[k].teacher = a.seeds[k].teacher;
  }
  fmt::print("{{\"curve_seconds\": {:.4f}, \"contrast_seconds\": {:.4f}}}\n", Median([&] { FitGapCurve(a); }),
             Median([&] { CompareCurves(a, b); }));
}
