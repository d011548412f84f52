#include "tests/core/stats/coverage.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/stats/arm_difference.h"
#include "core/stats/curve_contrast.h"
#include "core/stats/holm.h"

namespace retort {
namespace {

double Log2(const Crossing& crossing) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (crossing.kind == Crossing::Kind::kAbove) return kInfinity;
  if (crossing.kind == Crossing::Kind::kAtOrBelow) return -kInfinity;
  return std::log2(crossing.n);
}

// Arm a less arm b at one size, paired.
ScoreContrast Pair(const SimulatedArms& arms, size_t size) {
  std::vector<SeedScores> rows;
  for (size_t k = 0; k < arms.a.seeds.size(); ++k) {
    const GapSeed& a = arms.a.seeds[k];
    rows.push_back({a.items, {a.base, a.teacher, arms.b.seeds[k].at_size[size], a.at_size[size]}});
  }
  return CompareScores(rows, arms.a.higher_is_better);
}

}  // namespace

std::vector<World> StudyWorlds() {
  return {
      {.name = "comfortable", .delta = -0.7},
      {.name = "skewed seeds", .delta = -0.7, .spread = 0.63},
      {.name = "shared items", .shared_items = true, .delta = -0.7, .arm_spread = 0.2},
      {.name = "shared items, little scatter", .shared_items = true, .delta = -0.7, .spread = 0.1, .arm_spread = 0.1},
      {.name = "flat: N50 > 64", .centre = 7.2, .delta = -0.6, .spread = 0.63},
      {.name = "N50 near 64", .centre = 6.4, .delta = -0.6, .spread = 0.63},
      {.name = "steep: N50 < 4", .centre = 1.2, .delta = -0.7, .spread = 0.63},
      {.name = "N50 near 4", .centre = 2.5, .delta = -0.5, .spread = 0.63},
      {.name = "bits per byte",
       .shared_items = true,
       .delta = -0.7,
       .base = 6.5,
       .teacher = 0.9,
       .base_scatter = 0.1,
       .teacher_scatter = 0.05,
       .noise = 0.6},
      {.name = "seeds linked with base and teacher",
       .delta = -0.7,
       .spread = 0.63,
       .base_scatter = 0.1,
       .teacher_scatter = 0.07,
       .end_link = 0.8},
      {.name = "bases far apart",
       .centre = 7.5,
       .delta = -1,
       .slope = 0.8,
       .base = 0.45,
       .base_scatter = 0.2,
       .teacher_scatter = 0.02},
      {.name = "no difference", .spread = 0.5},
      {.name = "no difference, shared items", .shared_items = true, .arm_spread = 0.2},
      {.name = "no difference, flat", .centre = 6.8, .spread = 0.5},
      {.name = "equal N50, other slope", .slope_a = 0.8, .spread = 0.5},
  };
}

std::vector<World> HeldOutWorlds() {
  return {
      {.name = "a tail of late seeds", .delta = -0.7, .spread = 0.6, .places = Places::kLateTail},
      {.name = "a tail of early seeds", .centre = 4.5, .delta = -0.7, .spread = 0.6, .places = Places::kEarlyTail},
      {.name = "two kinds of seeds", .delta = -0.7, .spread = 0.5, .places = Places::kTwoKinds},
      {.name = "gentle slope, 1,000 shared items",
       .items = 1000,
       .shared_items = true,
       .delta = -1,
       .slope = 0.9,
       .base = 0.25,
       .teacher = 0.8,
       .item_link = 0.5},
      {.name = "cliffs, 60 items", .items = 60, .delta = -0.5, .slope = 3, .spread = 0.8},
      {.name = "no difference, a tail of late seeds", .spread = 0.6, .places = Places::kLateTail},
  };
}

void Coverage::Count(double truth, double low, double high) {
  ++defined;
  one_sided = std::isinf(truth);
  if (truth < low) {
    ++below;
  } else if (truth > high) {
    ++above;
  } else {
    ++covered;
  }
}

CoverageOfWorld MeasureCoverage(const World& world, int seeds, int trials, int replicates, uint64_t random_seed) {
  const Truth truth = TruthOf(world);
  const size_t middle = world.sizes.size() / 2;
  CoverageOfWorld result{.world = world.name, .seeds = seeds, .trials = trials};
  result.gap_closed.resize(world.sizes.size());
  RandomStream random(random_seed, world.name);
  for (int trial = 0; trial < trials; ++trial) {
    const SimulatedArms arms = Simulate(world, seeds, replicates, random);
    const GapCurve curve = FitGapCurve(arms.a);
    result.base.Count(truth.base, curve.base.low, curve.base.high);
    const Interval& score = curve.points[middle].score;
    result.score.Count(truth.score_a[middle], score.low, score.high);
    for (size_t s = 0; s < world.sizes.size(); ++s) {
      const std::optional<Interval>& closed = curve.points[s].gap_closed;
      if (closed) result.gap_closed[s].Count(truth.share_a[s], closed->low, closed->high);
    }
    if (curve.n50) result.n50.Count(truth.log2_n50, Log2(curve.n50->low), Log2(curve.n50->high));
    if (curve.n90) result.n90.Count(truth.log2_n90, Log2(curve.n90->low), Log2(curve.n90->high));

    const ScoreContrast pair = Pair(arms, middle);
    const double true_lead = (truth.share_a[middle] - truth.share_b[middle]) * std::abs(world.teacher - world.base);
    result.paired.Count(true_lead, pair.lead.low, pair.lead.high);
    if (pair.p_value) result.p_paired.push_back(*pair.p_value);

    const CurveContrast contrast = CompareCurves(arms.a, arms.b);
    if (!contrast.undefined.empty()) continue;
    result.delta.Count(truth.delta_log2_n50, contrast.delta_log2_n50.low, contrast.delta_log2_n50.high);
    result.mean_gap.Count(truth.mean_gap_closed, contrast.mean_gap_closed.low, contrast.mean_gap_closed.high);
    if (contrast.censored) {
      ++result.censored;
      result.read.Count(truth.mean_gap_closed, contrast.mean_gap_closed.low, contrast.mean_gap_closed.high);
    } else {
      result.read.Count(truth.delta_log2_n50, contrast.delta_log2_n50.low, contrast.delta_log2_n50.high);
    }
    if (!contrast.p_value) continue;
    result.p_read.push_back(*contrast.p_value);
    (contrast.censored ? result.p_mean_gap : result.p_delta).push_back(*contrast.p_value);
  }
  for (std::vector<double>* p : {&result.p_paired, &result.p_delta, &result.p_mean_gap, &result.p_read}) {
    std::sort(p->begin(), p->end());
  }
  return result;
}

double Rejected(const std::vector<double>& p_values, double alpha) {
  const auto count = std::count_if(p_values.begin(), p_values.end(), [&](double p) { return p <= alpha; });
  return static_cast<double>(count) / static_cast<double>(p_values.size());
}

double FamilyWiseError(const World& world, const std::vector<double>& deltas, int seeds, int trials, int replicates,
                       uint64_t random_seed) {
  std::vector<double> all = {0.0};
  all.insert(all.end(), deltas.begin(), deltas.end());
  RandomStream random(random_seed, world.name + ", Holm");
  int wrong = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const std::vector<GapCurveInput> arms = SimulateArms(world, all, seeds, replicates, random);
    std::vector<double> p;
    for (size_t i = 1; i < arms.size(); ++i) p.push_back(CompareCurves(arms[0], arms[i]).p_value.value_or(1));
    const std::vector<double> adjusted = Holm(p);
    bool any = false;
    for (size_t i = 0; i < deltas.size(); ++i) any = any || (deltas[i] == 0 && adjusted[i] <= 0.05);
    wrong += any ? 1 : 0;
  }
  return static_cast<double>(wrong) / trials;
}

}  // namespace retort
