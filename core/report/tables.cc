#include "core/report/tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/report/escape.h"
#include "core/report/format.h"

namespace retort {
namespace {

std::vector<TableCell> GapRow(const std::string& arm, const PointSummary& p, int decimals) {
  return {arm,
          std::to_string(p.n),
          std::to_string(p.seeds),
          WithInterval(p.score, decimals),
          p.gap_closed ? PercentInterval(*p.gap_closed) : std::string(kDash),
          Fixed(p.memoriser, 2),
          Fixed(p.retained_skill, 2),
          Fixed(p.step_accuracy, 2),
          Fixed(p.parse_rate, 2)};
}

}  // namespace

Table SweepTable(const Summary& summary) {
  Table table{.title = "The sweep: one line for each of its points"};
  const bool any = std::ranges::any_of(summary.tasks, [](const TaskSummary& task) { return !task.axes.empty(); });
  if (!any) return table;
  table.header = {"point", "arm", "N50", "N90", "largest N", "seeds", "score", "gap closed"};
  table.text_columns = 2;
  table.note = "In brackets: 95 % intervals. Points compare best where they share seeds: cells.csv has every cell.";
  for (const TaskSummary& task : summary.tasks) {
    for (const ArmSummary& arm : task.arms) {
      if (arm.points.empty()) continue;
      const PointSummary& last = arm.points.back();
      table.rows.push_back({task.task, arm.arm, arm.n50 ? ToString(*arm.n50) : std::string(kDash),
                            arm.n90 ? ToString(*arm.n90) : std::string(kDash), std::to_string(last.n),
                            std::to_string(last.seeds), WithInterval(last.score, ScoreDecimals(task.metric)),
                            last.gap_closed ? PercentInterval(*last.gap_closed) : std::string(kDash)});
    }
  }
  return table;
}

Table GapTable(const TaskSummary& task) {
  const int decimals = ScoreDecimals(task.metric);
  Table table{.title = fmt::format("{}: {}", task.task, MetricName(task.metric)),
              .header = {"arm", "N", "seeds", "score", "gap closed", "memoriser", "retained", "steps right", "parsed"}};
  if (task.base) table.rows.push_back(GapRow("base", *task.base, decimals));
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& point : arm.points) table.rows.push_back(GapRow(arm.arm, point, decimals));
  }
  if (task.teacher) {
    table.rows.push_back(GapRow("teacher model", *task.teacher, decimals));
    table.rows.back()[1] = TableCell(kDash);
  }
  // A column that says nothing about any row is left out.
  for (size_t c = table.header.size(); c-- > 4;) {
    const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                   [&](const std::vector<TableCell>& row) { return row[c].text == kDash; });
    if (!empty || c == 4) continue;
    table.header.erase(table.header.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& row : table.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  }
  table.note = "In brackets: 95 % intervals.";
  if (task.seeds == 1) table.note += " One seed: they speak of other items, not of other runs.";
  for (const ArmSummary& arm : task.arms) {
    const auto undefined =
        std::find_if(arm.points.begin(), arm.points.end(), [](const PointSummary& p) { return !p.undefined.empty(); });
    if (undefined == arm.points.end()) continue;
    table.note += fmt::format(" No share of the gap: {}.", undefined->undefined);
    break;
  }
  return table;
}

Table CrossingTable(const TaskSummary& task) {
  Table table{.title = fmt::format("{}: samples that close half (N50) and nine tenths (N90) of the gap", task.task),
              .header = {"arm", "N50", "95 % interval", "N90", "95 % interval", "seeds"}};
  const bool tuned = std::ranges::any_of(task.arms, [](const ArmSummary& arm) { return arm.validation_items > 0; });
  if (tuned) table.header.emplace_back("and to choose settings");
  for (const ArmSummary& arm : task.arms) {
    if (arm.points.size() < 2) continue;  // one N is no curve
    std::vector<TableCell> row = {arm.arm};
    for (const auto& crossing : {arm.n50, arm.n90}) {
      row.emplace_back(crossing ? ToString(crossing->estimate) : std::string(kDash));
      row.emplace_back(crossing ? fmt::format("{} to {}", ToString(crossing->low), ToString(crossing->high))
                                : std::string(kDash));
    }
    row.emplace_back(std::to_string(arm.crossing_seeds));
    if (tuned) row.emplace_back(std::to_string(arm.validation_items));
    table.rows.push_back(std::move(row));
    if (!arm.undefined.empty() && table.note.empty()) table.note = fmt::format("Undefined: {}.", arm.undefined);
  }
  return table;
}

Table ContrastTable(const TaskSummary& task, const std::string& primary_arm) {
  Table table{.title = fmt::format("{}: arm {} against the others at equal N", task.task, primary_arm),
              .header = {"against", "N", "seeds", "lead in score"},
              .note = "Paired by seed and item; positive where " + primary_arm +
                      " is better. Intervals only: no p-values under six seeds."};
  for (const ArmContrast& c : task.contrasts) {
    table.rows.push_back(
        {c.other, std::to_string(c.n), std::to_string(c.seeds), Signed(c.lead, ScoreDecimals(task.metric))});
  }
  return table;
}

Table CostTable(const TaskSummary& task) {
  Table table{.title = fmt::format("{}: what a run costs, mean over seeds", task.task),
              .header = {"arm", "N", "prompts asked", "teacher tokens", "supervised tokens", "steps", "training FLOPs",
                         "dollars"}};
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& p : arm.points) {
      table.rows.push_back({arm.arm, std::to_string(p.n), Count(p.prompts_asked), Count(p.teacher_tokens),
                            Count(p.supervised_tokens), Count(p.steps), fmt::format("{:.2g}", p.training_flops),
                            Dollars(p.dollars)});
    }
  }
  return table;
}

Table CellsTable(const ReportInput& input) {
  Table table{.title = fmt::format("{} cells", input.cells.size()),
              .header = {"task", "target", "arm", "N", "seed", "score", "run", "samples sha256"},
              .text_columns = 3};
  for (const CellResult& c : input.cells) {
    table.rows.push_back({c.task, c.target, c.arm, std::to_string(c.n), std::to_string(c.seed), Fixed(c.means.score, 3),
                          c.run.substr(0, 16), c.samples_sha256.substr(0, 16)});
  }
  return table;
}

}  // namespace retort
