// The mean of several groups is a contrast over their columns: with G groups on one side each has the weight 1/G. A
// gain adds the columns of N = 0 with the opposite sign.
#include "core/report/across_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/report/format.h"
#include "core/report/paired_items.h"
#include "core/stats/paired_means.h"

namespace retort {
namespace {

constexpr std::string_view kJoin = " + ";
constexpr size_t kSentences = 5;  // more are no summary: the table has them all

using BySeed = std::map<uint64_t, const CellResult*>;

bool HigherIsBetter(const CellResult& cell) { return cell.metric != "bits_per_byte"; }

// One arm of one group.
struct Column {
  std::string group, arm;
  double weight = 0;
};

class Cells {
 public:
  explicit Cells(const ReportInput& input) {
    for (const CellResult& cell : input.cells) {
      const bool finite = std::ranges::all_of(cell.items, [](const ItemScore& i) { return std::isfinite(i.score); });
      if (cell.items.empty() || !finite) continue;
      const bool base = cell.arm == kBaseArm;
      cells_[{TaskName(cell), base ? "" : cell.arm, base ? 0 : cell.n}].emplace(cell.seed, &cell);
    }
  }

  // n = 0: the base of the group, whatever the arm.
  const BySeed* At(const std::string& group, const std::string& arm, int n) const {
    const auto found = cells_.find({group, n == 0 ? "" : arm, n});
    return found == cells_.end() ? nullptr : &found->second;
  }

  bool Has(const std::string& group) const {
    return std::ranges::any_of(cells_, [&](const auto& entry) { return std::get<0>(entry.first) == group; });
  }

  // Sizes that every column has, rising.
  std::vector<int> Sizes(const std::vector<Column>& columns) const {
    std::set<int> sizes;
    for (const auto& [key, cells] : cells_) {
      const int n = std::get<2>(key);
      if (std::ranges::all_of(columns, [&](const Column& c) { return At(c.group, c.arm, n) != nullptr; })) {
        sizes.insert(n);
      }
    }
    return {sizes.begin(), sizes.end()};
  }

  // The seeds that have every column at every one of `sizes`, on the same items: columns at the first size, then at the
  // next.
  std::vector<SeedScores> Paired(const std::vector<Column>& columns, const std::vector<int>& sizes) const {
    std::vector<SeedScores> rows;
    const BySeed* first = At(columns[0].group, columns[0].arm, sizes[0]);
    if (first == nullptr) return rows;
    for (const auto& [seed, cell] : *first) {
      SeedScores row;
      const std::vector<std::string> ids = ItemIds(*cell);
      for (const int n : sizes) {
        for (const Column& column : columns) {
          const BySeed* cells = At(column.group, column.arm, n);
          const auto own = cells == nullptr ? BySeed::const_iterator{} : cells->find(seed);
          if (cells == nullptr || own == cells->end() || own->second->metric != cell->metric) continue;
          std::vector<double> scores = AlignedScores(*own->second, ids);
          if (!scores.empty()) row.columns.push_back(std::move(scores));
        }
      }
      if (row.columns.size() != columns.size() * sizes.size()) continue;
      row.items = ItemsHash(ids);
      rows.push_back(std::move(row));
    }
    return rows;
  }

  bool higher_is_better(const std::string& group) const {
    for (const auto& [key, cells] : cells_) {
      if (std::get<0>(key) == group) return HigherIsBetter(*cells.begin()->second);
    }
    return true;
  }

 private:
  std::map<std::tuple<std::string, std::string, int>, BySeed> cells_;  // group, arm ("" for the base), N
};

std::vector<Column> Columns(std::string_view groups, const std::string& arm, std::string_view against,
                            const std::string& against_arm) {
  std::vector<Column> columns;
  const auto add = [&](std::string_view joined, const std::string& whose, double sign) {
    const std::vector<std::string> names = GroupNames(joined);
    for (const std::string& name : names) columns.push_back({name, whose, sign / static_cast<double>(names.size())});
  };
  add(groups, arm, 1);
  add(against, against_arm, -1);
  return columns;
}

std::vector<double> Weights(const std::vector<Column>& columns, double sign) {
  std::vector<double> weights;
  weights.reserve(columns.size());
  for (const Column& column : columns) weights.push_back(sign * column.weight);
  return weights;
}

std::optional<std::string> Missing(const Cells& cells, const std::vector<Column>& columns) {
  for (const Column& column : columns) {
    if (!cells.Has(column.group)) return column.group;
  }
  return std::nullopt;
}

std::string Sure(int seeds, const std::optional<double>& p, std::string_view name) {
  if (!p) return fmt::format("{} seed{}, too few for a p value", seeds, seeds == 1 ? "" : "s");
  return fmt::format("{} seeds, {} {}{}", seeds, name, *p < 0.001 ? "" : "= ", PValue(p));
}

std::string Mean(const std::string& joined) {
  return joined.find(kJoin) == std::string::npos ? joined : fmt::format("the mean of {}", joined);
}

}  // namespace

std::vector<std::string> GroupNames(std::string_view joined) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= joined.size();) {
    const size_t end = std::min(joined.find(kJoin, begin), joined.size());
    names.emplace_back(joined.substr(begin, end - begin));
    begin = end + kJoin.size();
  }
  return names;
}

std::vector<GroupDifference> CompareGroups(const ReportInput& input, std::vector<std::string>& warnings) {
  std::vector<GroupDifference> differences;
  const Cells cells(input);
  for (const GroupComparison& comparison : input.comparisons) {
    const std::vector<Column> columns =
        Columns(comparison.groups, input.primary_arm, comparison.against, input.primary_arm);
    if (const auto group = Missing(cells, columns)) {
      warnings.push_back(fmt::format("{}: no cell of the group {}; not compared", comparison.name, *group));
      continue;
    }
    const double sign = cells.higher_is_better(columns[0].group) ? 1 : -1;
    const std::vector<double> weights = Weights(columns, sign), start = Weights(columns, -sign);
    for (const int n : cells.Sizes(columns)) {
      const std::vector<SeedScores> rows = cells.Paired(columns, {n});
      if (rows.empty()) continue;
      const PairedMeans means(rows);
      GroupDifference difference{.comparison = comparison,
                                 .n = n,
                                 .seeds = means.seeds(),
                                 .score = means.Contrast(weights),
                                 .p_value = means.PValue(weights)};
      const std::optional<DeclaredContrast>& d = input.contrast;
      difference.declared = d && d->n == n && d->task == comparison.groups && d->against_task == comparison.against &&
                            d->arm == input.primary_arm && d->against == input.primary_arm;
      const std::vector<SeedScores> both = n == 0 ? std::vector<SeedScores>{} : cells.Paired(columns, {n, 0});
      if (!both.empty()) {
        std::vector<double> rise = weights;
        rise.insert(rise.end(), start.begin(), start.end());
        difference.gain = PairedMeans(both).Contrast(rise);
      }
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

DeclaredResult DeclareAcross(const ReportInput& input, const DeclaredContrast& declared) {
  DeclaredResult result{.declared = declared, .measure = DeclaredResult::Measure::kScore};
  const Cells cells(input);
  const std::vector<Column> columns = Columns(declared.task, declared.arm, declared.against_task, declared.against);
  const std::string start = fmt::format(
      "Declared in the configuration: {}{} against {}{}, at N = {}", Mean(declared.task),
      declared.arm == declared.against ? "" : fmt::format(" ({})", declared.arm), Mean(declared.against_task),
      declared.arm == declared.against ? "" : fmt::format(" ({})", declared.against), declared.n);
  const std::vector<SeedScores> rows = cells.Paired(columns, {declared.n});
  if (const auto group = Missing(cells, columns)) {
    result.undefined = fmt::format("there is no cell of the group {}", *group);
  } else if (rows.empty()) {
    result.undefined = "no seed has all of them";
  }
  if (!result.undefined.empty()) {
    result.sentence = fmt::format("{}; no comparison can be given: {}.", start, result.undefined);
    return result;
  }
  const PairedMeans means(rows);
  const std::vector<double> weights = Weights(columns, cells.higher_is_better(columns[0].group) ? 1 : -1);
  result.seeds = means.seeds();
  result.value = means.Contrast(weights);
  result.p_value = means.PValue(weights);
  const Interval& v = result.value;
  result.sentence = fmt::format(
      "{}: the score is {} {} (paired difference {}, 95 % interval; {}){}.", start, Fixed(std::abs(v.estimate), 2),
      v.estimate < 0 ? "worse" : "better", Signed(v, 3), Sure(result.seeds, result.p_value, "p"),
      v.low > 0 || v.high < 0 ? "" : "; the interval includes no difference, so the order is open");
  return result;
}

std::vector<std::string> AcrossVerdicts(const ReportInput& input, const Summary& summary) {
  std::vector<std::string> sentences;
  for (const GroupComparison& comparison : input.comparisons) {
    const GroupDifference* chosen = nullptr;
    for (const GroupDifference& d : summary.across) {
      const bool same = d.comparison.name == comparison.name && d.comparison.groups == comparison.groups;
      const bool wanted = !input.contrast || input.contrast->n == 0 || d.n <= input.contrast->n;
      if (same && wanted) chosen = &d;  // N rising
    }
    if (chosen == nullptr || chosen->declared) continue;
    if (sentences.size() == kSentences) break;
    sentences.push_back(fmt::format("{}, at N = {}: {} against {}: {} in score ({}).", comparison.name, chosen->n,
                                    Mean(comparison.groups), Mean(comparison.against), Signed(chosen->score, 3),
                                    Sure(chosen->seeds, chosen->holm, "p (Holm)")));
  }
  return sentences;
}

}  // namespace retort
