#include "core/report/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/report/escape.h"
#include "core/report/format.h"

namespace retort {
namespace {

using Row = std::vector<std::string>;

// The axes of a sweep are columns of their own, by their whole key, after all others.
template <class Range>
Row AxisKeys(const Range& of) {
  Row keys;
  for (const auto& one : of) {
    for (const auto& [key, value] : one.axes) {
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    }
  }
  return keys;
}

void AddAxes(const Row& keys, const Axes& axes, Row& row) {
  for (const std::string& key : keys) {
    const auto found = std::ranges::find(axes, key, &Axes::value_type::first);
    row.push_back(found == axes.end() ? "" : CsvText(found->second));
  }
}

// "" or ",a,b"
std::string MoreHeader(const Row& keys) {
  std::string header;
  for (const std::string& key : keys) header += "," + CsvText(key);
  return header + "\n";
}

std::string Line(const Row& row) { return fmt::format("{}\n", fmt::join(row, ",")); }

// task,arm,statistic,n,seeds,mean,mean_low,mean_high,gc,gc_low,gc_high,n_low,n_high,n_text,n_low_text,n_high_text,
// memoriser,retained_skill,step_accuracy,parse_rate,prompts_asked,teacher_tokens,supervised_tokens,training_flops,
// dollars,validation_items,note
constexpr size_t kSummaryColumns = 27;
Row ScoreRow(const std::string& task, std::string_view arm, int validation_items, const PointSummary& p) {
  const auto gc = [&](auto member) { return p.gap_closed ? Exact((*p.gap_closed).*member) : ""; };
  return {CsvText(task),
          CsvText(arm),
          "score",
          std::to_string(p.n),
          std::to_string(p.seeds),
          Exact(p.score.estimate),
          Exact(p.score.low),
          Exact(p.score.high),
          gc(&Interval::estimate),
          gc(&Interval::low),
          gc(&Interval::high),
          "",
          "",
          "",
          "",
          "",
          Exact(p.memoriser),
          Exact(p.retained_skill),
          Exact(p.step_accuracy),
          Exact(p.parse_rate),
          Exact(p.prompts_asked),
          Exact(p.teacher_tokens),
          Exact(p.supervised_tokens),
          Exact(p.training_flops),
          Exact(p.dollars),
          std::to_string(validation_items),
          CsvText(p.undefined)};
}

Row CrossingRow(const std::string& task, const ArmSummary& arm, const char* name, double share,
                const std::optional<CrossingInterval>& crossing) {
  Row row(kSummaryColumns);
  row[0] = CsvText(task);
  row[1] = CsvText(arm.arm);
  row[2] = name;
  row[4] = std::to_string(arm.crossing_seeds);
  row[kSummaryColumns - 2] = std::to_string(arm.validation_items);
  row.back() = CsvText(arm.undefined);
  if (!crossing) return row;
  const auto number = [](const Crossing& c) { return c.kind == Crossing::Kind::kAt ? Exact(c.n) : ""; };
  row[3] = number(crossing->estimate);
  row[8] = Exact(share);
  row[11] = number(crossing->low);
  row[12] = number(crossing->high);
  row[13] = CsvText(ToString(crossing->estimate));
  row[14] = CsvText(ToString(crossing->low));
  row[15] = CsvText(ToString(crossing->high));
  return row;
}

}  // namespace

std::string CellsCsv(const ReportInput& input) {
  std::string csv =
      "arm,n,seed,score,task,target,metric,parse_rate,step_accuracy,retained_skill,reference_nats_per_item,memoriser,"
      "prompts_asked,teacher_tokens,supervised_tokens,training_flops,dollars,steps,items,run,samples_sha256";
  const Row axes = AxisKeys(input.cells);
  csv += MoreHeader(axes);
  for (const CellResult& c : input.cells) {
    Row row = {CsvText(c.arm),
               std::to_string(c.n),
               std::to_string(c.seed),
               Exact(c.means.score),
               CsvText(c.task),
               CsvText(c.target),
               CsvText(c.metric),
               Exact(c.means.parse_rate),
               Exact(c.means.step_accuracy),
               Exact(c.retained_skill),
               Exact(c.means.reference_nats),
               Exact(c.memoriser),
               std::to_string(c.prompts_asked),
               std::to_string(c.teacher_tokens),
               std::to_string(c.supervised_tokens),
               Exact(c.training_flops),
               Exact(c.dollars),
               std::to_string(c.steps),
               std::to_string(c.items.size()),
               CsvText(c.run),
               CsvText(c.samples_sha256)};
    AddAxes(axes, c.axes, row);
    csv += Line(row);
  }
  return csv;
}

std::string SummaryCsv(const Summary& summary) {
  std::string csv =
      "task,arm,statistic,n,seeds,mean,mean_low,mean_high,gc,gc_low,gc_high,n_low,n_high,n_text,n_low_text,n_high_text,"
      "memoriser,retained_skill,step_accuracy,parse_rate,prompts_asked,teacher_tokens,supervised_tokens,training_flops,"
      "dollars,validation_items,note";
  const Row axes = AxisKeys(summary.tasks);
  csv += MoreHeader(axes);
  for (const TaskSummary& task : summary.tasks) {
    const auto add = [&](Row row) {
      AddAxes(axes, task.axes, row);
      csv += Line(row);
    };
    if (task.base) add(ScoreRow(task.task, kBaseArm, 0, *task.base));
    for (const ArmSummary& arm : task.arms) {
      for (const PointSummary& point : arm.points) add(ScoreRow(task.task, arm.arm, arm.validation_items, point));
      if (arm.points.size() < 2) continue;  // one size makes no curve
      add(CrossingRow(task.task, arm, "n50", 0.5, arm.n50));
      add(CrossingRow(task.task, arm, "n90", 0.9, arm.n90));
    }
    if (task.teacher) add(ScoreRow(task.task, kTeacherModelArm, 0, *task.teacher));
  }
  return csv;
}

}  // namespace retort
