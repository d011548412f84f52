#include "experiments/provider/need.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/report/csv_rows.h"
#include "core/stats/gap_block.h"

namespace retort::provider {
namespace {

constexpr int kReplicates = 2000;
constexpr double kLevel = 0.9;  // N90
constexpr double kQuantiles[] = {0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975};

NeededRequests Of(double n90, const Need& need, const NeedleAssumptions& a) {
  const bool above = std::isinf(n90), below = n90 <= 0;
  const double samples = above ? need.largest : below ? need.smallest : n90;
  return {.samples = samples,
          .requests = RequestsFor(samples, a),
          .bound = above   ? Bound::kAtLeast
                   : below ? Bound::kAtMost
                           : Bound::kExact};
}

}  // namespace

std::filesystem::path FindBeside(const std::string& path, const std::filesystem::path& config_dir,
                                 const std::string& mend) {
  if (std::filesystem::exists(path)) return path;
  const std::filesystem::path beside = config_dir.parent_path() / path;
  if (std::filesystem::exists(beside)) return beside;
  throw Error({.file = path}, "is not there", mend);
}

Need ReadNeed(const std::filesystem::path& cells, const std::string& task, const std::string& arm, uint64_t seed) {
  const char* const columns[] = {"arm", "n", "seed", "score", "task", "metric"};
  std::map<std::string, std::map<int, double>> scores;  // by seed; sizes, and 0 and -1 for base and teacher
  std::set<int> sizes;
  bool higher_is_better = true, rate = true;
  ForEachCsvRow(cells, columns, "give the results of a few_samples run", [&](const CsvRow& row) {
    const std::string& of = row.Text("arm");
    if (row.Text("task") != task || (of != arm && of != "base" && of != "teacher_model")) return;
    const double n = row.Number("n");
    if (of == arm && !(n >= 1 && n <= 1e9)) throw Error(row.where(), "n is no number of samples");
    const int size = of == "base" ? 0 : of == "teacher_model" ? -1 : static_cast<int>(n);
    if (size > 0) sizes.insert(size);
    scores[row.Text("seed")][size] = row.Number("score");
    rate = row.Text("metric") != "bits_per_byte";
    higher_is_better = rate;
  });
  GapCurveInput input{.sizes = {sizes.begin(), sizes.end()}, .higher_is_better = higher_is_better, .rate = rate};
  for (const auto& [name, of] : scores) {
    if (!of.contains(0) || !of.contains(-1)) continue;
    GapSeed one{.items = name, .base = {of.at(0)}, .teacher = {of.at(-1)}};
    for (const int size : input.sizes) {
      one.at_size.push_back(of.contains(size) ? std::vector{of.at(size)} : std::vector<double>{});
    }
    input.seeds.push_back(std::move(one));
  }
  const std::string place = "arm " + Excerpt(arm) + " on task " + Excerpt(task);
  const std::string mend = "name a task of these results (primary.task=...), or give others (few_samples_summary=...)";
  const GapBlock block = LargestBlock(input);
  if (input.sizes.empty() || block.seeds.empty()) {
    throw Error({.file = cells.string()}, "has no cells of " + place + " with base and teacher", mend);
  }
  const PairedMeans means = BlockMeans(input, block);
  const std::string undefined = MeasureGap(input, means).undefined;
  if (!undefined.empty()) throw Error({.file = cells.string()}, "N90 of " + place + ": " + undefined, mend);
  std::vector<int> used;
  for (const size_t s : block.sizes) used.push_back(input.sizes[s]);
  const RandomStream random(seed, "need");
  Need need{.task = task,
            .estimate = EstimateCrossing(means, used, kLevel, kReplicates, random).estimate,
            .smallest = static_cast<double>(used.front()),
            .largest = static_cast<double>(used.back())};
  for (const double log2_n : CrossingReplicates(means, used, kLevel, kReplicates, random)) {
    need.n90.push_back(std::exp2(log2_n));  // 0 and infinity where censored
  }
  return need;
}

double RequestsFor(double samples, const NeedleAssumptions& a) {
  return std::max(1.0, std::ceil(samples * a.attempts_per_sample.value / a.accepted_share.value));
}

double EstimatedN90(const Need& need) {
  switch (need.estimate.kind) {
    case Crossing::Kind::kAbove:
      return std::numeric_limits<double>::infinity();
    case Crossing::Kind::kAtOrBelow:
      return 0;
    default:
      return need.estimate.n;
  }
}

NeededRequests Estimated(const Need& need, const NeedleAssumptions& a) { return Of(EstimatedN90(need), need, a); }

std::vector<NeededRequests> Drawn(const Need& need, const NeedleAssumptions& a) {
  std::vector<NeededRequests> drawn;
  double from = 0;
  for (size_t i = 0; i < std::size(kQuantiles); ++i) {
    const auto draws = static_cast<double>(need.n90.size());
    const auto at = static_cast<size_t>(std::min(draws - 1, std::floor(kQuantiles[i] * draws)));
    const double to = i + 1 < std::size(kQuantiles) ? (kQuantiles[i] + kQuantiles[i + 1]) / 2 : 1;
    drawn.push_back(Of(need.n90[at], need, a));
    drawn.back().share = to - from;
    from = to;
  }
  return drawn;
}

}  // namespace retort::provider
