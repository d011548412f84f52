#include "core/report/across_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "core/report/figure.h"
#include "core/report/format.h"

namespace retort {
namespace {

TableCell Estimate(std::string text, double key) {
  return TableCell(std::move(text), "", std::isfinite(key) ? std::optional(key) : std::nullopt);
}

const ArmSummary* Primary(const ReportInput& input, const TaskSummary& task) {
  const auto found = std::ranges::find(task.arms, input.primary_arm, &ArmSummary::arm);
  return found == task.arms.end() ? nullptr : &*found;
}

const PointSummary* At(const ArmSummary* arm, int n) {
  if (arm == nullptr) return nullptr;
  const auto found = std::ranges::find(arm->points, n, &PointSummary::n);
  return found == arm->points.end() ? nullptr : &*found;
}

// A column that says nothing about any row is left out.
void DropEmptyColumns(Table& table) {
  for (size_t c = table.header.size(); c-- > table.text_columns;) {
    if (!std::ranges::all_of(table.rows, [&](const auto& row) { return row[c].text == kDash; })) continue;
    table.header.erase(table.header.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& row : table.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  }
}

std::vector<std::string> FactNames(const ReportInput& input) {
  std::vector<std::string> names;
  for (const auto& [group, facts] : input.group_facts) {
    for (const auto& [name, value] : facts) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace

Table GroupsTable(const ReportInput& input, const Summary& summary) {
  Table table{.title = fmt::format("The groups side by side, arm {}", input.primary_arm), .header = {"group"}};
  if (input.comparisons.empty()) return table;
  const std::vector<std::string> facts = FactNames(input);
  table.header.insert(table.header.end(), facts.begin(), facts.end());
  std::set<int> sizes;
  for (const TaskSummary& task : summary.tasks) {
    if (const ArmSummary* arm = Primary(input, task)) {
      for (const PointSummary& point : arm->points) sizes.insert(point.n);
    }
  }
  table.header.insert(table.header.end(), {"seeds", "teacher", "N = 0"});
  for (const int n : sizes) table.header.push_back(fmt::format("N = {}", n));
  for (const int n : sizes) table.header.push_back(fmt::format("gap closed, N = {}", n));
  table.header.emplace_back("N50");
  for (const TaskSummary& task : summary.tasks) {
    const ArmSummary* arm = Primary(input, task);
    if (arm == nullptr || !task.base || !task.teacher) continue;
    const int decimals = ScoreDecimals(task.metric);
    std::vector<TableCell> row = {task.task};
    const auto known = input.group_facts.find(task.task);
    for (const std::string& name : facts) {
      const auto* fact = known == input.group_facts.end() ? nullptr : [&]() -> const std::pair<std::string, double>* {
        const auto found = std::ranges::find(known->second, name, &std::pair<std::string, double>::first);
        return found == known->second.end() ? nullptr : &*found;
      }();
      row.push_back(fact == nullptr ? TableCell(kDash) : Estimate(Count(fact->second), fact->second));
    }
    row.push_back(Estimate(std::to_string(task.seeds), task.seeds));
    row.push_back(Estimate(Fixed(task.teacher->score.estimate, decimals), task.teacher->score.estimate));
    row.emplace_back(WithInterval(task.base->score, decimals), "#" + CellsAnchor(task.task, kBaseArm, 0),
                     task.base->score.estimate);
    for (const int n : sizes) {
      const PointSummary* p = At(arm, n);
      row.push_back(p == nullptr ? TableCell(kDash)
                                 : TableCell(WithInterval(p->score, decimals),
                                             "#" + CellsAnchor(task.task, arm->arm, n), p->score.estimate));
    }
    for (const int n : sizes) {
      const PointSummary* p = At(arm, n);
      row.push_back(p == nullptr || !p->gap_closed
                        ? TableCell(kDash)
                        : Estimate(PercentInterval(*p->gap_closed), p->gap_closed->estimate));
    }
    row.push_back(arm->n50 && arm->points.size() > 1 ? Estimate(ToString(*arm->n50), arm->n50->estimate.n)
                                                     : TableCell(kDash));
    table.rows.push_back(std::move(row));
  }
  DropEmptyColumns(table);
  table.note =
      "Scores, with 95 % intervals in brackets; N = 0 is the student as it starts. A group has a base and a teacher of "
      "its own: the share of the gap closed says how far each came on its own way, the scores compare.";
  return table;
}

Table DifferencesTable(const ReportInput& input, const Summary& summary) {
  Table table{
      .title = fmt::format("Groups against each other, arm {}, at equal N", input.primary_arm),
      .header = {"comparison", "of", "against", "N", "seeds", "difference in score", "of it since N = 0"},
      .text_columns = 3,
      .note =
          "Paired by seed and item; positive where the groups named first are better; \"a + b\" is the mean of two. "
          "The last difference is that of the rise over each group's own N = 0: what it learnt faster, and not what it "
          "began with. In brackets: 95 % intervals."};
  const bool any_p =
      std::ranges::any_of(summary.across, [](const GroupDifference& d) { return d.p_value.has_value(); });
  if (any_p) table.header.insert(table.header.end(), {"p", "p (Holm)"});
  table.note +=
      any_p ? " p is that of the difference in score; p (Holm) is adjusted for all comparisons of this page but "
              "the declared one. No p under six seeds."
            : " Intervals only: no p-values under six seeds.";
  for (const GroupDifference& d : summary.across) {
    std::vector<TableCell> row = {d.comparison.name,
                                  d.comparison.groups,
                                  d.comparison.against,
                                  Estimate(std::to_string(d.n), d.n),
                                  Estimate(std::to_string(d.seeds), d.seeds),
                                  Estimate(Signed(d.score, 3), d.score.estimate),
                                  d.gain ? Estimate(Signed(*d.gain, 3), d.gain->estimate) : TableCell(kDash)};
    if (any_p) {
      row.push_back(Estimate(PValue(d.p_value), d.p_value.value_or(NAN)));
      row.push_back(d.declared ? TableCell("declared") : Estimate(PValue(d.holm), d.holm.value_or(NAN)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

// The plot of one task with the groups for its arms.
std::vector<PageFigure> GroupsFigures(const ReportInput& input, const Summary& summary) {
  TaskSummary all{.task = "all groups"};
  if (input.comparisons.empty()) return {};
  for (const TaskSummary& task : summary.tasks) {
    const ArmSummary* arm = Primary(input, task);
    if (arm == nullptr || !task.base || !task.teacher) continue;
    if (!all.base) {
      all.n_unit = task.n_unit;
      all.metric = task.metric;
      all.higher_is_better = task.higher_is_better;
      all.seeds = task.seeds;
      all.base = task.base;
      all.teacher = task.teacher;
    }
    all.arms.push_back(*arm);
    all.arms.back().arm = task.task;
    all.arms.back().points.insert(all.arms.back().points.begin(), *task.base);
  }
  if (all.arms.empty()) return {};
  std::vector<PageFigure> figures = TaskFigures(all, all.arms.front().arm);
  figures.resize(1);  // the score: shares are of gaps that differ
  figures[0].views.resize(std::min<size_t>(figures[0].views.size(), 1));
  for (FigureView& view : figures[0].views) view.plot.across.clear();  // the first group's base and teacher only
  return figures;
}

DataTable DifferencesData(const Summary& summary) {
  DataTable table{
      .file = "groups.csv",
      .about = "One row a comparison of groups and N: paired differences, as the page's table has them.",
      .columns = {{"comparison", "text", "its name in the configuration", ""},
                  {"groups", "text", "a + b: the mean of two groups", ""},
                  {"against", "text", "the groups that are compared with", ""},
                  {"n", "rows", "0: the students as they start", ""},
                  {"seeds", "seeds", "that have all of the groups", ""},
                  {"difference", "of metric", "in score, positive where the groups are better", ""},
                  {"difference_low", "of metric", "lower end of its 95 % interval", ""},
                  {"difference_high", "of metric", "upper end of its 95 % interval", ""},
                  {"gain", "of metric", "difference of the rise over each group's own n = 0", "n is 0"},
                  {"gain_low", "of metric", "lower end of its 95 % interval", "n is 0"},
                  {"gain_high", "of metric", "upper end of its 95 % interval", "n is 0"},
                  {"p", "probability", "two-sided, of the difference", "fewer than six seeds"},
                  {"p_holm", "probability", "adjusted over the page's comparisons", "fewer than six seeds; declared"},
                  {"declared", "0 or 1", "whether it was declared before the run", ""}}};
  const auto optional = [](const std::optional<double>& value) { return value ? DataField(*value) : DataField(); };
  for (const GroupDifference& d : summary.across) {
    const auto gain = [&](double Interval::*end) { return d.gain ? DataField((*d.gain).*end) : DataField(); };
    table.rows.push_back({d.comparison.name, d.comparison.groups, d.comparison.against, d.n, d.seeds, d.score.estimate,
                          d.score.low, d.score.high, gain(&Interval::estimate), gain(&Interval::low),
                          gain(&Interval::high), optional(d.p_value), optional(d.holm), d.declared ? 1 : 0});
  }
  return table;
}

}  // namespace retort
