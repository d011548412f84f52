#include "tests/core/stats/simulated_world.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/stats/isotonic.h"

namespace retort {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double NormalCdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// The place of the seed whose normal score is z.
double Place(const World& w, double z) {
  switch (w.places) {
    case Places::kLateTail:
      return -std::log(NormalCdf(-z)) - 1;
    case Places::kEarlyTail:
      return std::log(NormalCdf(z)) + 1;
    case Places::kTwoKinds:
      return NormalCdf(z) > 0.75 ? std::sqrt(3.0) : -1 / std::sqrt(3.0);
    default:
      return z;
  }
}

struct Ends {
  double base, teacher;
};

Ends EndsOf(const World& w, double quantile_base, double quantile_teacher) {
  return {w.base + w.base_scatter * (2 * quantile_base - 1),
          w.teacher + w.teacher_scatter * (2 * quantile_teacher - 1)};
}

double ShareAt(double log2_n, double slope, double centre) { return 1 / (1 + std::exp(-slope * (log2_n - centre))); }

// Mean score over seeds, by the midpoint rule: z of the seed, and the arm's own place. Base and teacher given z have
// the mean that a uniform quantile Φ(r z + √(1 - r²) y) has: Φ(r z / √(2 - r²)).
double MeanScore(const World& w, double log2_n, double slope, double centre) {
  constexpr int kPoints = 81;
  constexpr double kReach = 5;
  const int seeds = w.places == Places::kTwoKinds ? 10001 : kPoints;  // a jump
  double sum = 0, total = 0;
  for (int i = 0; i < seeds; ++i) {
    const double z = -kReach + 2 * kReach * i / (seeds - 1);
    const double density = std::exp(-z * z / 2);
    const double quantile = NormalCdf(w.end_link * z / std::sqrt(2 - w.end_link * w.end_link));
    const Ends ends = EndsOf(w, quantile, quantile);
    double share = 0, weight = 0;
    for (int j = 0; j < kPoints; ++j) {
      const double own = -kReach + 2 * kReach * j / (kPoints - 1);
      const double p = std::exp(-own * own / 2);
      share += p * ShareAt(log2_n, slope, centre + w.spread * Place(w, z) + w.arm_spread * own);
      weight += p;
    }
    sum += density * (ends.base + (ends.teacher - ends.base) * share / weight);
    total += density;
  }
  return sum / total;
}

double Slope(const World& w, bool arm_a) { return arm_a && w.slope_a > 0 ? w.slope_a : w.slope; }
double Centre(const World& w, bool arm_a) { return arm_a ? w.centre + w.delta : w.centre; }

double MeanShare(const World& w, double log2_n, bool arm_a) {
  return (MeanScore(w, log2_n, Slope(w, arm_a), Centre(w, arm_a)) - w.base) / (w.teacher - w.base);
}

// Where the true curve crosses one half: read off the sizes, or beyond them off the curve itself.
double TrueN50(const World& w, const std::vector<double>& shares, bool arm_a) {
  const double at = Log2Crossing(w.sizes, shares, 0.5);
  if (std::isfinite(at)) return at;
  double low = -20, high = 30;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (MeanShare(w, middle, arm_a) < 0.5 ? low : high) = middle;
  }
  return (low + high) / 2;
}

// Scores of one run over items whose own numbers are `item`, uniform in [0, 1).
std::vector<double> Draw(const World& w, double mean, const std::vector<double>& item, RandomStream& random) {
  std::vector<double> scores(item.size());
  const auto link = static_cast<uint64_t>(w.item_link * 1024);
  for (size_t i = 0; i < item.size(); ++i) {
    const uint64_t bits = random.Next();
    if (w.noise > 0) {
      // Four uniform numbers of 16 bits have variance 4/12; three times that many parts make a deviation of 1.
      double sum = -2;
      for (int part = 0; part < 4; ++part) sum += static_cast<double>(bits >> (16 * part) & 0xffff) * 0x1p-16;
      const double own = std::sqrt(3.0) * sum, common = std::sqrt(12.0) * (item[i] - 0.5);
      scores[i] = mean + w.noise * (w.item_link * common + std::sqrt(1 - w.item_link * w.item_link) * own);
    } else {
      const bool linked = (bits & 1023) < link;
      scores[i] = (linked ? item[i] : static_cast<double>(bits >> 11) * 0x1p-53) < mean ? 1 : 0;
    }
  }
  return scores;
}

}  // namespace

Truth TruthOf(const World& w) {
  Truth truth{.base = w.base, .teacher = w.teacher};
  double length = 0;
  for (size_t i = 0; i < w.sizes.size(); ++i) {
    const double log2_n = std::log2(w.sizes[i]);
    truth.share_a.push_back(MeanShare(w, log2_n, true));
    truth.share_b.push_back(MeanShare(w, log2_n, false));
    truth.score_a.push_back(w.base + (w.teacher - w.base) * truth.share_a[i]);
    if (i == 0) continue;
    const double step = log2_n - std::log2(w.sizes[i - 1]);
    length += step;
    truth.mean_gap_closed +=
        step * (truth.share_a[i] - truth.share_b[i] + truth.share_a[i - 1] - truth.share_b[i - 1]) / 2;
  }
  truth.mean_gap_closed /= length;
  truth.log2_n50 = Log2Crossing(w.sizes, truth.share_a, 0.5);
  truth.log2_n90 = Log2Crossing(w.sizes, truth.share_a, 0.9);
  truth.delta_log2_n50 = TrueN50(w, truth.share_a, true) - TrueN50(w, truth.share_b, false);
  return truth;
}

std::vector<GapCurveInput> SimulateArms(const World& w, const std::vector<double>& deltas, int seeds, int replicates,
                                        RandomStream& random) {
  GapCurveInput empty{.sizes = w.sizes, .higher_is_better = w.noise == 0, .rate = w.noise == 0};
  empty.replicates = replicates;
  std::vector<GapCurveInput> arms(deltas.size(), empty);
  std::vector<double> item(static_cast<size_t>(w.items));
  for (int k = 0; k < seeds; ++k) {
    if (k == 0 || !w.shared_items) {
      for (double& u : item) u = random.Uniform();
    }
    const double z = random.Normal(), r = w.end_link;
    const auto quantile = [&] { return NormalCdf(r * z + std::sqrt(1 - r * r) * random.Normal()); };
    const double base_quantile = quantile(), teacher_quantile = quantile();
    const Ends ends = EndsOf(w, base_quantile, teacher_quantile);
    const GapSeed seed{w.shared_items ? "all" : std::to_string(k),
                       Draw(w, ends.base, item, random),
                       Draw(w, ends.teacher, item, random),
                       {}};
    for (size_t arm = 0; arm < arms.size(); ++arm) {
      const double place = w.centre + deltas[arm] + w.spread * Place(w, z) + w.arm_spread * random.Normal();
      GapSeed& row = arms[arm].seeds.emplace_back(seed);
      for (int n : w.sizes) {
        const double share = ShareAt(std::log2(n), Slope(w, arm == 0), place);
        row.at_size.push_back(Draw(w, ends.base + (ends.teacher - ends.base) * share, item, random));
      }
    }
  }
  return arms;
}

SimulatedArms Simulate(const World& w, int seeds, int replicates, RandomStream& random) {
  std::vector<GapCurveInput> arms = SimulateArms(w, {w.delta, 0}, seeds, replicates, random);
  return {std::move(arms[0]), std::move(arms[1])};
}

}  // namespace retort
