#include "core/report/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/subprocess.h"
#include "core/report/escape.h"
#include "core/report/format.h"
#include "core/report/words.h"

namespace retort {
namespace {

TableCell Number(int value, std::string link = "") {
  return TableCell(std::to_string(value), std::move(link), static_cast<double>(value));
}

TableCell Estimate(std::string text, double key) {
  return TableCell(std::move(text), "", std::isfinite(key) ? std::optional(key) : std::nullopt);
}

// The number of seeds leads to the cells that a row is made of.
TableCell Runs(int seeds, const TaskSummary& task, std::string_view arm, int n) {
  return Number(seeds, "#" + CellsAnchor(task.task, arm, n));
}

TableCell CrossingCell(const std::optional<CrossingInterval>& crossing, std::string text) {
  if (!crossing) return TableCell(kDash);
  const Crossing& at = crossing->estimate;
  const double beyond = at.kind == Crossing::Kind::kAbove ? 1e-3 : at.kind == Crossing::Kind::kAtOrBelow ? -1e-3 : 0;
  return TableCell(std::move(text), "", at.n * (1 + beyond));  // "> 64" sorts after 64
}

std::vector<TableCell> GapRow(const TaskSummary& task, std::string_view arm, const PointSummary& p, int decimals) {
  return {arm == kTeacherModelArm ? "teacher model" : std::string(arm),
          arm == kTeacherModelArm ? TableCell(kDash) : Number(p.n),
          Runs(p.seeds, task, arm, p.n),
          Estimate(WithInterval(p.score, decimals), p.score.estimate),
          p.gap_closed ? Estimate(PercentInterval(*p.gap_closed), p.gap_closed->estimate) : TableCell(kDash),
          Fixed(p.memoriser, 2),
          Fixed(p.retained_skill, 2),
          Fixed(p.step_accuracy, 2),
          Fixed(p.reference_nats, 1),
          Fixed(p.parse_rate, 2)};
}

// The base, every arm at every N, the teacher.
template <class Add>
void ForEachPoint(const TaskSummary& task, const Add& add) {
  if (task.base) add(kBaseArm, *task.base);
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& p : arm.points) add(arm.arm, p);
  }
  if (task.teacher) add(kTeacherModelArm, *task.teacher);
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
              .header = {"arm", "N", "seeds", "score", "gap closed", "memoriser", "retained", "steps right",
                         "log-likelihood", "parsed"}};
  ForEachPoint(
      task, [&](std::string_view arm, const PointSummary& p) { table.rows.push_back(GapRow(task, arm, p, decimals)); });
  const auto any_point = [&](const auto& is) {
    return std::ranges::any_of(task.arms, [&](const ArmSummary& arm) { return std::ranges::any_of(arm.points, is); });
  };
  // A column that says nothing about any row is left out; why no share of a gap is given stands in the note.
  const bool without_gap = any_point([](const PointSummary& p) { return !p.undefined.empty(); });
  for (size_t c = table.header.size(); c-- > 4;) {
    const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                   [&](const std::vector<TableCell>& row) { return row[c].text == kDash; });
    if (!empty || (c == 4 && !without_gap)) continue;
    table.header.erase(table.header.begin() + static_cast<std::ptrdiff_t>(c));
    for (auto& row : table.rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(c));
  }
  table.note = "In brackets: 95 % intervals.";
  if (task.seeds == 1) table.note += " One seed: they speak of other items, not of other runs.";
  if (any_point([&](const PointSummary& p) { return p.seeds < task.seeds; })) {
    table.note += " The gap of a row with fewer seeds is that of these seeds alone.";
  }
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
  Table table{
      .title = fmt::format("{}: {} that close half (N50) and nine tenths (N90) of the gap", task.task, task.n_unit),
      .header = {"arm", "N50", "95 % interval", "N90", "95 % interval", "seeds"}};
  const bool tuned = std::ranges::any_of(task.arms, [](const ArmSummary& arm) { return arm.validation_items > 0; });
  if (tuned) table.header.emplace_back("and to choose settings");
  for (const ArmSummary& arm : task.arms) {
    if (arm.points.size() < 2) continue;  // one N is no curve
    if (!arm.undefined.empty() && table.note.empty()) table.note = fmt::format("Undefined: {}.", arm.undefined);
    if (!arm.n50 && !arm.n90) continue;
    std::vector<TableCell> row = {arm.arm};
    for (const auto& crossing : {arm.n50, arm.n90}) {
      row.push_back(CrossingCell(crossing, crossing ? ToString(crossing->estimate) : std::string()));
      row.emplace_back(crossing ? fmt::format("{} to {}", ToString(crossing->low), ToString(crossing->high))
                                : std::string(kDash));
    }
    row.push_back(Runs(arm.crossing_seeds, task, arm.arm, arm.points.front().n));
    if (tuned) row.push_back(Number(arm.validation_items));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table ContrastTable(const TaskSummary& task, const std::string& primary_arm) {
  Table table{.title = fmt::format("{}: arm {} against the others at equal N", task.task, primary_arm),
              .header = {"against", "N", "seeds", "lead in score"},
              .note = "Paired by seed and item; positive where " + primary_arm + " is better."};
  const bool any_p = std::ranges::any_of(task.contrasts, [](const ArmContrast& c) { return c.p_value.has_value(); });
  if (any_p) {
    table.header.insert(table.header.end(), {"p", "p (Holm)"});
    table.note +=
        " p (Holm) is adjusted for all the comparisons of this page but the declared one, so that the chance of any "
        "false "
        "alarm among them is at most 5 % where it is below 0.05. No p under six seeds.";
  } else {
    table.note += " Intervals only: no p-values under six seeds.";
  }
  for (const ArmContrast& c : task.contrasts) {
    std::vector<TableCell> row = {c.other, Number(c.n), Runs(c.seeds, task, c.other, c.n),
                                  Estimate(Signed(c.lead, ScoreDecimals(task.metric)), c.lead.estimate)};
    if (any_p) {
      const bool is_declared = task.declared && c.p_value && !c.holm;
      row.push_back(Estimate(PValue(c.p_value), c.p_value.value_or(NAN)));
      row.push_back(is_declared ? TableCell("declared") : Estimate(PValue(c.holm), c.holm.value_or(NAN)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table SideBySideTable(const TaskSummary& task) {
  Table table{.title = fmt::format("{}: the arms side by side, {}", task.task, MetricName(task.metric)),
              .header = {"N"},
              .text_columns = 0,
              .note = "Mean scores; a dash: not measured. Their intervals stand in the table above."};
  std::set<int> sizes;
  for (const ArmSummary& arm : task.arms) {
    table.header.push_back(arm.arm);
    for (const PointSummary& p : arm.points) sizes.insert(p.n);
  }
  if (task.arms.size() < 2) return table;
  for (const int n : sizes) {
    std::vector<TableCell> row = {Number(n)};
    for (const ArmSummary& arm : task.arms) {
      const auto point = std::ranges::find(arm.points, n, &PointSummary::n);
      row.push_back(point == arm.points.end()
                        ? TableCell(kDash)
                        : TableCell(Fixed(point->score.estimate, ScoreDecimals(task.metric)),
                                    "#" + CellsAnchor(task.task, arm.arm, n), point->score.estimate));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table SampledTable(const TaskSummary& task) {
  Table table{.title = fmt::format("{}: several answers to each item", task.task),
              .header = {"arm", "N", "k", "avg@k", "pass@k", "maj@k"},
              .note = "Means over seeds; after ± the standard error over items, which does not speak of other seeds."};
  const auto add = [&](std::string_view arm, const PointSummary& p) {
    if (!p.extras.contains("samples")) return;
    std::vector<TableCell> row = {arm == kTeacherModelArm ? "teacher model" : std::string(arm),
                                  Number(p.n, "#" + CellsAnchor(task.task, arm, p.n)),
                                  Measured(p.extras.at("samples"))};
    for (const std::string name : {"avg_at_k", "pass_at_k", "maj_at_k"}) {
      const auto mean = p.extras.find(name), error = p.extras.find(name + "_stderr");
      if (mean == p.extras.end()) {
        row.emplace_back(kDash);
        continue;
      }
      const std::string spread = error == p.extras.end() ? "" : " ± " + Fixed(error->second, 3);
      row.push_back(Estimate(Fixed(mean->second, 2) + spread, mean->second));
    }
    table.rows.push_back(std::move(row));
  };
  ForEachPoint(task, add);
  return table;
}

Table ExtrasTable(const TaskSummary& task, const std::map<std::string, std::string>& notes) {
  Table table{.title = fmt::format("{}: what else was measured, mean over seeds", task.task), .header = {"arm", "N"}};
  std::set<std::string> names;
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& p : arm.points) {
      for (const auto& [name, value] : p.extras) {
        if (!IsSampledScore(name)) names.insert(name);
      }
    }
  }
  if (names.empty()) return table;
  for (const std::string& name : names) {
    std::string words = name;
    std::ranges::replace(words, '_', ' ');
    table.header.push_back(words);
    if (const std::string note = ExtraNote(notes, name); !note.empty()) {
      table.note += fmt::format("{}{}: {}.", table.note.empty() ? "" : " ", words, note);
    }
  }
  const auto add = [&](std::string_view arm, const PointSummary& p) {
    const auto has = [&](const std::string& name) { return p.extras.contains(name); };
    if (std::ranges::none_of(names, has)) return;
    std::vector<TableCell> row = {arm == kTeacherModelArm ? "teacher model" : std::string(arm),
                                  Number(p.n, "#" + CellsAnchor(task.task, arm, p.n))};
    for (const std::string& name : names) {
      const auto value = p.extras.find(name);
      row.push_back(value == p.extras.end() ? TableCell(kDash) : Estimate(Measured(value->second), value->second));
    }
    table.rows.push_back(std::move(row));
  };
  ForEachPoint(task, add);
  return table;
}

Table FactsTable(const Summary& summary, const std::map<std::string, int>& facts) {
  Table table{.title = "N50 beside the number of facts to be learnt",
              .header = {"task", "arm", "facts", "N50", "95 % interval", "N50 / facts", "seeds"},
              .text_columns = 2,
              .note =
                  "Facts: entries of the table that the target consists of, none of which the base has seen. An N50 "
                  "that grows with the number of facts speaks for learning by being shown; one far below the number "
                  "of cases, for putting together what the base knew."};
  for (const TaskSummary& task : summary.tasks) {
    const auto count = facts.find(task.task.substr(0, task.task.find(',')));
    if (count == facts.end() || count->second <= 0) continue;
    for (const ArmSummary& arm : task.arms) {
      if (arm.points.size() < 2 || !arm.n50) continue;
      const Crossing& at = arm.n50->estimate;
      const std::string sign = at.kind == Crossing::Kind::kAbove       ? "> "
                               : at.kind == Crossing::Kind::kAtOrBelow ? "<= "
                                                                       : "";
      table.rows.push_back({task.task, arm.arm, Number(count->second), CrossingCell(arm.n50, ToString(at)),
                            fmt::format("{} to {}", ToString(arm.n50->low), ToString(arm.n50->high)),
                            Estimate(fmt::format("{}{:.2f}", sign, at.n / count->second), at.n / count->second),
                            Runs(arm.crossing_seeds, task, arm.arm, arm.points.front().n)});
    }
  }
  return table;
}

Table CostTable(const TaskSummary& task) {
  Table table{.title = fmt::format("{}: what a run costs, mean over seeds", task.task),
              .header = {"arm", "N", "prompts asked", "teacher tokens", "supervised tokens", "steps", "training FLOPs",
                         "dollars"}};
  for (const ArmSummary& arm : task.arms) {
    for (const PointSummary& p : arm.points) {
      table.rows.push_back(
          {arm.arm, Number(p.n, "#" + CellsAnchor(task.task, arm.arm, p.n)),
           Estimate(Count(p.prompts_asked), p.prompts_asked), Estimate(Count(p.teacher_tokens), p.teacher_tokens),
           Estimate(Count(p.supervised_tokens), p.supervised_tokens), Estimate(Count(p.steps), p.steps),
           Estimate(PowerOfTen(p.training_flops, 1), p.training_flops), Estimate(Dollars(p.dollars), p.dollars)});
    }
    if (!std::ranges::any_of(arm.points, &PointSummary::live_teacher)) continue;
    table.note += fmt::format(
        "{}{}: learnt with the teacher at hand (live_teacher), not from its rows alone; the "
        "tokens that it read meanwhile are among its tokens.",
        table.note.empty() ? "" : " ", arm.arm);
  }
  return table;
}

Table CellsTable(const ReportInput& input) {
  const std::string folder = input.page_folder.empty() ? "FOLDER" : ShellWord(input.page_folder);
  Table table{.title = fmt::format("{} cells", input.cells.size()),
              .header = {"task", "target", "arm", "N", "seed", "score", "run", "samples sha256", "walk it back"},
              .text_columns = 3};
  // Rows keep the numbers that they have in cells.csv, which `trace` takes.
  for (size_t i = 0; i < input.cells.size(); ++i) {
    const CellResult& c = input.cells[i];
    const std::string task = TaskName(c), run = c.run.substr(0, 16);
    const std::string link = input.runs_link.empty() || c.run.empty()
                                 ? ""
                                 : fmt::format("{}/{}/result.json", UrlPath(input.runs_link), UrlPath(c.run));
    table.rows.push_back({task, c.target, c.arm, Number(c.n), TableCell(std::to_string(c.seed)),
                          Estimate(Fixed(c.means.score, 3), c.means.score), TableCell(run, link),
                          c.samples_sha256.substr(0, 16), fmt::format("build/trace {} {}", folder, i + 1)});
    table.anchors.push_back(CellsAnchor(task, c.arm, c.n));
  }
  return table;
}

}  // namespace retort
