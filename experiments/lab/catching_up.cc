#include "experiments/lab/catching_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>

#include "core/report/paired_items.h"
#include "core/stats/crossing_draws.h"
#include "core/stats/curve_replicates.h"

namespace retort::lab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFlopsAnswered = 2;  // a parameter and token, read or written

double Interpolated(const std::vector<int>& sizes, const std::vector<double>& values, double n) {
  if (n <= sizes.front()) return values.front();
  if (n >= sizes.back()) return values.back();
  const auto right = static_cast<size_t>(std::ranges::lower_bound(sizes, n) - sizes.begin());
  const double left_n = sizes[right - 1], share = (n - left_n) / (sizes[right] - left_n);
  return values[right - 1] + share * (values[right] - values[right - 1]);
}

const CellResult* Find(const std::vector<CellResult>& cells, const std::string& task, std::string_view arm, int n,
                       uint64_t seed) {
  const auto found = std::ranges::find_if(cells, [&](const CellResult& cell) {
    return cell.task == task && cell.arm == arm && cell.n == n && cell.seed == seed;
  });
  return found == cells.end() ? nullptr : &*found;
}

// The curve of a route with base and teacher of `reference`; a seed that lacks an end has no part in it.
GapCurveInput CurveOf(const std::vector<CellResult>& cells, const Route& route, const std::string& reference,
                      std::optional<double> smallest_gap) {
  GapCurveInput curve{.sizes = route.sizes, .smallest_gap = smallest_gap};
  std::vector<uint64_t> seeds;
  for (const CellResult& cell : cells) {
    if (cell.task == reference && cell.arm == kBaseArm) seeds.push_back(cell.seed);
    if (cell.task == reference) curve.higher_is_better = curve.rate = cell.metric != "bits_per_byte";
  }
  std::ranges::sort(seeds);
  for (const uint64_t seed : seeds) {
    const CellResult* base = Find(cells, reference, kBaseArm, 0, seed);
    const CellResult* teacher = Find(cells, reference, kTeacherModelArm, 0, seed);
    if (teacher == nullptr || base->items.empty()) continue;
    const std::vector<std::string> ids = ItemIds(*base);
    GapSeed row{ItemsHash(ids), AlignedScores(*base, ids), AlignedScores(*teacher, ids), {}};
    if (row.teacher.empty()) continue;
    for (const int n : route.sizes) {
      const CellResult* cell = Find(cells, route.task, route.arm, n, seed);
      row.at_size.push_back(cell == nullptr ? std::vector<double>{} : AlignedScores(*cell, ids));
    }
    curve.seeds.push_back(std::move(row));
  }
  return curve;
}

struct Ends {
  double low, high;
};

// Between which sizes log2 N lies: one, or all below or beyond the grid.
Ends Sizes(double log2_n, const std::vector<int>& sizes) {
  if (log2_n == kInfinity) return {static_cast<double>(sizes.back()), kInfinity};
  if (log2_n == -kInfinity) return {0, static_cast<double>(sizes.front())};
  return {std::exp2(log2_n), std::exp2(log2_n)};
}

// Order statistics of the ends, as core/stats/curve_contrast.cc has them: what is open is counted on both sides.
Ranged Quantiles(Ends estimate, std::vector<double> low, std::vector<double> high, double level) {
  std::ranges::sort(low);
  std::ranges::sort(high);
  const size_t rank = TailRank(low.size(), level);
  return {estimate.low, estimate.high, std::min(low[rank], estimate.low),
          std::max(high[high.size() - 1 - rank], estimate.high)};
}

}  // namespace

std::string ToString(const Ranged& value, std::string (*number)(double)) {
  const auto text = [&](double x) { return std::isfinite(x) ? number(x) : std::string("∞"); };
  const std::string estimate = value.from == value.to  ? text(value.from)
                               : value.to == kInfinity ? "> " + text(value.from)
                                                       : "<= " + text(value.to);
  return fmt::format("{} [{}, {}]", estimate, text(value.low), text(value.high));
}

std::optional<Route> FindRoute(const Summary& summary, std::string name, std::string arm, bool on_base) {
  for (const TaskSummary& task : summary.tasks) {
    for (const ArmSummary& candidate : task.arms) {
      if (candidate.arm != arm || candidate.points.empty()) continue;
      Route route{.name = std::move(name), .arm = std::move(arm), .on_base = on_base, .task = task.task};
      for (const PointSummary& point : candidate.points) {
        route.sizes.push_back(point.n);
        route.training_flops.push_back(point.training_flops);
        route.teacher_tokens.push_back(point.teacher_tokens);
        route.dollars.push_back(point.dollars);
      }
      return route;
    }
  }
  return std::nullopt;
}

Bill BillAt(const Route& route, double n, const Expenses& expenses, const Beginnings& beginnings) {
  Bill bill;
  if (n <= 0) return bill;
  bill.training = Interpolated(route.sizes, route.training_flops, n);
  // The settings that lost, and the smaller sizes that did not reach it. Their rows are among those that were asked
  // for.
  bill.tuning = (expenses.entries.settings_tried.value - 1) * bill.training;
  for (size_t i = 0; i < route.sizes.size() && route.sizes[i] < n; ++i) bill.tuning += route.training_flops[i];
  const double tokens = Interpolated(route.sizes, route.teacher_tokens, n);
  const double asked = Interpolated(route.sizes, route.dollars, n);
  bill.queries = kFlopsAnswered * beginnings.teacher_parameters * tokens;
  for (size_t i = 0; i < kPriceRows; ++i) {
    const PriceRow& price = expenses.prices[i];
    bill.training_dollars[i] = (bill.training + bill.tuning) * price.flop;
    // What was really paid, where somebody was.
    bill.query_dollars[i] = asked > 0 ? asked : tokens * beginnings.teacher_parameters * price.token_parameter;
  }
  return bill;
}

CatchingUp::CatchingUp(const std::vector<CellResult>& cells, const std::string& reference, const Expenses& expenses,
                       const Beginnings& beginnings, std::optional<double> smallest_gap)
    : cells_(cells), reference_(reference), expenses_(expenses), beginnings_(beginnings), smallest_gap_(smallest_gap) {}

std::optional<double> CatchingUp::Total(const Route& route, double n, Counted counted, int price) const {
  if (n == kInfinity) return kInfinity;
  const Bill bill = BillAt(route, n, expenses_, beginnings_);
  const auto row = static_cast<size_t>(std::max(price, 0));
  const auto in_unit = [&](double flops) { return price < 0 ? flops : flops * expenses_.prices[row].flop; };
  double total = price < 0 ? bill.flops() : bill.training_dollars[row] + bill.query_dollars[row];
  const bool asks = route.teacher_tokens.back() > 0;
  if (counted >= Counted::kBase && route.on_base) {
    if (!beginnings_.base_flops) return std::nullopt;
    total += in_unit(*beginnings_.base_flops);
  }
  if (counted >= Counted::kShare && asks) {
    if (!beginnings_.teacher_flops) return std::nullopt;
    const double share = counted == Counted::kShare ? expenses_.entries.teacher_share.value : 1;
    total += in_unit(share * *beginnings_.teacher_flops);
  }
  return total;
}

std::optional<Ranged> CatchingUp::Samples(const Route& route, double level) const {
  const GapCurveInput curve = CurveOf(cells_, route, reference_, smallest_gap_);
  const CrossingDraws draws = DrawCrossings(std::span(&curve, 1), std::vector{1.0}, level);
  if (!draws.undefined.empty()) return std::nullopt;
  std::vector<double> low, high;
  for (const double log2_n : draws.draws[0]) {
    const Ends ends = Sizes(log2_n, draws.sizes[0]);
    low.push_back(ends.low);
    high.push_back(ends.high);
  }
  return Quantiles(Sizes(draws.estimate[0], draws.sizes[0]), std::move(low), std::move(high), curve.level);
}

std::optional<Ranged> CatchingUp::Cost(const Route& route, double level, Counted counted, int price) const {
  const std::optional<Ranged> n = Samples(route, level);
  if (!n || !Total(route, 0, counted, price)) return std::nullopt;
  // A cost grows with N, so that its quantiles are those of N.
  const auto at = [&](double size) { return *Total(route, size, counted, price); };
  return Ranged{at(n->from), at(n->to), at(n->low), at(n->high)};
}

std::optional<Ranged> CatchingUp::Ratio(const Route& route, const Route& other, double level, Counted counted,
                                        int price) const {
  if (!Total(route, 0, counted, price) || !Total(other, 0, counted, price)) return std::nullopt;
  const std::vector<GapCurveInput> curves = {CurveOf(cells_, route, reference_, smallest_gap_),
                                             CurveOf(cells_, other, reference_, smallest_gap_)};
  const CrossingDraws draws = DrawCrossings(curves, std::vector{1.0, -1.0}, level);
  if (!draws.undefined.empty()) return std::nullopt;
  const auto ratio = [&](double a, double b) {
    const Ends in_a = Sizes(a, draws.sizes[0]), in_b = Sizes(b, draws.sizes[1]);
    const auto cost = [&](const Route& of, double n) { return *Total(of, n, counted, price); };
    const double least = cost(other, in_b.low), most = cost(other, in_b.high);
    return Ends{most == kInfinity ? 0 : cost(route, in_a.low) / most,
                least == 0 || in_a.high == kInfinity ? kInfinity : cost(route, in_a.high) / least};
  };
  std::vector<double> low, high;
  for (size_t r = 0; r < draws.draws[0].size(); ++r) {
    const Ends ends = ratio(draws.draws[0][r], draws.draws[1][r]);
    low.push_back(ends.low);
    high.push_back(ends.high);
  }
  return Quantiles(ratio(draws.estimate[0], draws.estimate[1]), std::move(low), std::move(high), curves[0].level);
}

}  // namespace retort::lab
