#include "core/report/csv.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "core/report/format.h"
#include "core/report/words.h"

namespace retort {
namespace {

// A column and how to fill it from what a row is made of.
template <class Source>
struct Filled {
  DataColumn column;
  std::function<DataField(const Source&)> field;
};

template <class Source>
DataTable Begin(std::string file, std::string about, const std::vector<Filled<Source>>& columns) {
  DataTable table{.file = std::move(file), .about = std::move(about)};
  for (const Filled<Source>& filled : columns) table.columns.push_back(filled.column);
  return table;
}

template <class Source>
std::vector<DataField> Row(const std::vector<Filled<Source>>& columns, const Source& source) {
  std::vector<DataField> row;
  row.reserve(columns.size());
  for (const Filled<Source>& filled : columns) row.push_back(filled.field(source));
  return row;
}

// The axes of a sweep are columns of their own, by their whole key, after all others.
template <class Range>
std::vector<std::string> AxisKeys(const Range& of) {
  std::vector<std::string> keys;
  for (const auto& one : of) {
    for (const auto& [key, value] : one.axes) {
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    }
  }
  return keys;
}

void AddAxisColumns(const std::vector<std::string>& keys, DataTable& table) {
  for (const std::string& key : keys) {
    table.columns.push_back(
        {key, "as in the config", "value of this option at the row's point of the sweep", "the point does not set it"});
  }
}

void AddAxes(const std::vector<std::string>& keys, const Axes& axes, std::vector<DataField>& row) {
  for (const std::string& key : keys) {
    const auto found = std::ranges::find(axes, key, &Axes::value_type::first);
    row.emplace_back(found == axes.end() ? "" : found->second);
  }
}

// What an experiment measures beside stands before the columns that end every table. A name that a column has already
// is set apart.
template <class Source>
void InsertExtras(const std::set<std::string>& names, const std::map<std::string, std::string>& notes,
                  std::string_view before, const std::function<DataField(const Source&, const std::string&)>& get,
                  std::vector<Filled<Source>>& columns) {
  for (const std::string& name : names) {
    const auto taken = [&](const Filled<Source>& filled) { return filled.column.name == name; };
    const std::string note = ExtraNote(notes, name);
    DataColumn column{std::ranges::any_of(columns, taken) ? "extra_" + name : name, "as the meaning says",
                      note.empty() ? "mean, where there are several; its meaning stands with cells.csv" : note,
                      "not measured"};
    const auto place = std::ranges::find_if(columns, [&](const auto& filled) { return filled.column.name == before; });
    columns.insert(place, {std::move(column), [get, name](const Source& source) { return get(source, name); }});
  }
}

DataField ExtraOf(const std::map<std::string, double>& extras, const std::string& name) {
  const auto found = extras.find(name);
  return found == extras.end() ? DataField() : DataField(found->second);
}

constexpr char kNotMeasured[] = "not measured";
constexpr char kNoSteps[] = "the task has no steps, or the rows show none";

using Cell = CellResult;

std::vector<Filled<Cell>> CellColumns() {
  return {
      {{"arm", "text", "kind of training rows; base is the untrained student, teacher_model the teacher itself", ""},
       [](const Cell& c) { return c.arm; }},
      {{"n", "rows", "training rows, or what the page says that N counts; 0 for base and teacher_model", ""},
       [](const Cell& c) { return c.n; }},
      {{"seed", "number", "of pool, order, target and base", ""}, [](const Cell& c) { return c.seed; }},
      {{"score", "of metric", "mean over the held-out items", ""}, [](const Cell& c) { return c.means.score; }},
      {{"task", "text", "group of the table: the target of folds (rules, add10), or the file's stem", ""},
       [](const Cell& c) { return c.task; }},
      {{"target", "text", "what this seed learnt: big, add10, the file's stem", ""},
       [](const Cell& c) { return c.target; }},
      {{"metric", "text", "exact_match (higher is better) or bits_per_byte (lower is better)", ""},
       [](const Cell& c) { return c.metric; }},
      {{"parse_rate", "share",
        "answers in which the grader finds an answer, right or not; 1 by definition with bits_per_byte", ""},
       [](const Cell& c) { return c.means.parse_rate; }},
      {{"step_accuracy", "share", "mean share of the reference's steps that the answer has right, at the same place",
        kNoSteps},
       [](const Cell& c) { return c.means.step_accuracy; }},
      {{"retained_skill", "share", "mean score on items of the base skills: what fine-tuning left of them",
        "the task has no base skills"},
       [](const Cell& c) { return c.retained_skill; }},
      {{"reference_nats_per_item", "nats",
        "mean log-likelihood of the reference solution, natural log, summed over its tokens with the end token; at "
        "most "
        "0, nearer to 0 is better",
        kNotMeasured},
       [](const Cell& c) { return c.means.reference_nats; }},
      {{"memoriser", "share", "score of a reader who knows exactly the steps in these rows and nothing else", kNoSteps},
       [](const Cell& c) { return c.memoriser; }},
      {{"prompts_asked", "prompts", "different prompts among the rows (for references too, where no teacher was asked)",
        ""},
       [](const Cell& c) { return c.prompts_asked; }},
      {{"teacher_tokens", "tokens", "of prompts and answers that the teacher read and wrote for these rows", ""},
       [](const Cell& c) { return c.teacher_tokens; }},
      {{"supervised_tokens", "tokens", "that the loss was taken on, over all steps, repeats counted", ""},
       [](const Cell& c) { return c.supervised_tokens; }},
      {{"training_flops", "floating-point operations", "6 x parameters x tokens, prompts and repeats counted", ""},
       [](const Cell& c) { return c.training_flops; }},
      {{"dollars", "US dollars", "what the teacher's answers cost; 0 for teachers that run in this process", ""},
       [](const Cell& c) { return c.dollars; }},
      {{"steps", "optimizer steps", "of training", ""}, [](const Cell& c) { return c.steps; }},
      {{"items", "items", "held-out items behind score", ""}, [](const Cell& c) { return c.items.size(); }},
      {{"live_teacher", "true or false", "whether the teacher was at hand while the student learnt", ""},
       [](const Cell& c) { return std::string(c.live_teacher ? "true" : "false"); }},
      {{"run", "hash", "of the cell: its folder is <runs_dir>/<run>/", ""}, [](const Cell& c) { return c.run; }},
      {{"samples_sha256", "hash", "of the rows it learnt from", "n is 0"},
       [](const Cell& c) { return c.samples_sha256; }},
  };
}

// A row of summary.csv is a point of a curve, or a crossing of an arm's.
struct SummaryRow {
  const std::string& task;
  std::string_view arm, statistic;
  int validation_items = 0;
  const PointSummary* point = nullptr;
  const ArmSummary* curve = nullptr;
  const CrossingInterval* crossing = nullptr;
  double level = 0;
};

constexpr char kNoPoint[] = "crossings";
constexpr char kNoCrossing[] = "points";
constexpr char kNoGap[] = "undefined: note says why";
constexpr char kCensored[] = "points; censored crossings, where the text says so";

using Source = SummaryRow;

DataField PointField(const Source& r, const std::function<DataField(const PointSummary&)>& get) {
  return r.point != nullptr ? get(*r.point) : DataField();
}

template <class Value>
std::function<DataField(const Source&)> OfPoint(Value PointSummary::*member) {
  return [member](const Source& r) { return r.point != nullptr ? DataField(r.point->*member) : DataField(); };
}

std::function<DataField(const Source&)> OfGap(double Interval::*member) {
  return [member](const Source& r) -> DataField {
    if (r.crossing != nullptr && member == &Interval::estimate) return r.level;
    if (r.point == nullptr || !r.point->gap_closed) return {};
    return *r.point->gap_closed.*member;
  };
}

std::function<DataField(const Source&)> OfScore(double Interval::*member) {
  return [member](const Source& r) {
    return PointField(r, [member](const PointSummary& p) { return DataField(p.score.*member); });
  };
}

DataField Number(const Crossing& c) { return c.kind == Crossing::Kind::kAt ? DataField(c.n) : DataField(); }

std::function<DataField(const Source&)> OfCrossing(Crossing CrossingInterval::*member) {
  return [member](const Source& r) { return r.crossing != nullptr ? Number(r.crossing->*member) : DataField(); };
}

std::function<DataField(const Source&)> TextOf(Crossing CrossingInterval::*member) {
  return [member](const Source& r) {
    return r.crossing != nullptr ? DataField(ToString(r.crossing->*member)) : DataField();
  };
}

std::vector<Filled<Source>> SummaryColumns() {
  return {
      {{"task", "text", "group of the table; with a sweep it names the point too", ""},
       [](const Source& r) { return r.task; }},
      {{"arm", "text", "as in cells.csv; base and teacher_model have one row a task, with n = 0", ""},
       [](const Source& r) { return r.arm; }},
      {{"statistic", "text", "score: a point of the curve; n50, n90: samples that close half, nine tenths of the gap",
        ""},
       [](const Source& r) { return r.statistic; }},
      {{"n", "rows", "of a point: training rows, or what the page says that N counts. Of a crossing: its estimate",
        "a crossing is censored or undefined"},
       [](const Source& r) {
         if (r.point != nullptr) return DataField(r.point->n);
         return r.crossing != nullptr ? Number(r.crossing->estimate) : DataField();
       }},
      {{"seeds", "seeds", "behind this number; of a crossing: those of the block without holes", ""},
       [](const Source& r) { return r.point != nullptr ? r.point->seeds : r.curve->crossing_seeds; }},
      {{"mean", "of metric", "mean score", kNoPoint}, OfScore(&Interval::estimate)},
      {{"mean_low", "of metric", "lower end of its 95 % interval", kNoPoint}, OfScore(&Interval::low)},
      {{"mean_high", "of metric", "upper end of its 95 % interval", kNoPoint}, OfScore(&Interval::high)},
      {{"gc", "share", "gap closed: 0 is the untrained base, 1 the teacher; of a crossing the level, 0.5 or 0.9",
        kNoGap},
       OfGap(&Interval::estimate)},
      {{"gc_low", "share", "lower end of its 95 % interval", "crossings; undefined"}, OfGap(&Interval::low)},
      {{"gc_high", "share", "upper end of its 95 % interval", "crossings; undefined"}, OfGap(&Interval::high)},
      {{"n_low", "rows", "lower end of a crossing's 95 % interval", kCensored}, OfCrossing(&CrossingInterval::low)},
      {{"n_high", "rows", "upper end of a crossing's 95 % interval", kCensored}, OfCrossing(&CrossingInterval::high)},
      {{"n_text", "text", "a crossing's estimate, with <= and > where censored: take this for a table", kNoCrossing},
       TextOf(&CrossingInterval::estimate)},
      {{"n_low_text", "text", "the same of its lower end", kNoCrossing}, TextOf(&CrossingInterval::low)},
      {{"n_high_text", "text", "the same of its upper end", kNoCrossing}, TextOf(&CrossingInterval::high)},
      {{"memoriser", "share", "mean over seeds, as in cells.csv", "crossings; no steps"},
       OfPoint(&PointSummary::memoriser)},
      {{"retained_skill", "share", "mean over seeds, as in cells.csv", "crossings; no base skills"},
       OfPoint(&PointSummary::retained_skill)},
      {{"step_accuracy", "share", "mean over seeds, as in cells.csv", "crossings; no steps"},
       OfPoint(&PointSummary::step_accuracy)},
      {{"reference_nats_per_item", "nats", "mean over seeds, as in cells.csv", "crossings; not measured"},
       OfPoint(&PointSummary::reference_nats)},
      {{"parse_rate", "share", "mean over seeds, as in cells.csv", kNoPoint}, OfPoint(&PointSummary::parse_rate)},
      {{"prompts_asked", "prompts", "mean over seeds, as in cells.csv", kNoPoint},
       OfPoint(&PointSummary::prompts_asked)},
      {{"teacher_tokens", "tokens", "mean over seeds, as in cells.csv", kNoPoint},
       OfPoint(&PointSummary::teacher_tokens)},
      {{"supervised_tokens", "tokens", "mean over seeds, as in cells.csv", kNoPoint},
       OfPoint(&PointSummary::supervised_tokens)},
      {{"training_flops", "floating-point operations", "mean over seeds, as in cells.csv", kNoPoint},
       OfPoint(&PointSummary::training_flops)},
      {{"dollars", "US dollars", "mean over seeds, as in cells.csv", kNoPoint}, OfPoint(&PointSummary::dollars)},
      {{"validation_items", "prompts",
        "validation prompts that the arm's settings were chosen with, which n does not count", ""},
       [](const Source& r) { return r.validation_items; }},
      {{"note", "text", "why gap closed, or the crossing, is undefined", "it is defined"},
       [](const Source& r) { return r.point != nullptr ? r.point->undefined : r.curve->undefined; }},
  };
}

}  // namespace

DataTable CellsData(const ReportInput& input) {
  std::vector<Filled<Cell>> columns = CellColumns();
  std::set<std::string> extras;
  for (const CellResult& c : input.cells) {
    for (const auto& [name, value] : c.extras) extras.insert(name);
  }
  InsertExtras<Cell>(
      extras, input.extra_notes, "run", [](const Cell& c, const std::string& name) { return ExtraOf(c.extras, name); },
      columns);
  DataTable table = Begin(
      "cells.csv",
      "One row a cell: one student trained on the rows of one arm, size and seed, or the base or the teacher as it is. "
      "Exact numbers, no intervals. Cells that failed, or were not computed, have no row.",
      columns);
  const std::vector<std::string> axes = AxisKeys(input.cells);
  AddAxisColumns(axes, table);
  for (const CellResult& c : input.cells) {
    table.rows.push_back(Row(columns, c));
    AddAxes(axes, c.axes, table.rows.back());
  }
  return table;
}

DataTable SummaryData(const Summary& summary) {
  std::vector<Filled<Source>> columns = SummaryColumns();
  std::set<std::string> extras;
  const auto collect = [&](const PointSummary& point) {
    for (const auto& [name, value] : point.extras) extras.insert(name);
  };
  for (const TaskSummary& task : summary.tasks) {
    if (task.base) collect(*task.base);
    if (task.teacher) collect(*task.teacher);
    for (const ArmSummary& arm : task.arms) std::ranges::for_each(arm.points, collect);
  }
  InsertExtras<Source>(
      extras, {}, "validation_items",
      [](const Source& r, const std::string& name) {
        return r.point == nullptr ? DataField() : ExtraOf(r.point->extras, name);
      },
      columns);
  DataTable table = Begin("summary.csv", "One row for each number that a table shows, with its interval.", columns);
  const std::vector<std::string> axes = AxisKeys(summary.tasks);
  AddAxisColumns(axes, table);
  for (const TaskSummary& task : summary.tasks) {
    const auto add = [&](const Source& source) {
      table.rows.push_back(Row(columns, source));
      AddAxes(axes, task.axes, table.rows.back());
    };
    if (task.base) add({.task = task.task, .arm = kBaseArm, .statistic = "score", .point = &*task.base});
    for (const ArmSummary& arm : task.arms) {
      const auto row = [&](std::string_view statistic) {
        return Source{
            .task = task.task, .arm = arm.arm, .statistic = statistic, .validation_items = arm.validation_items};
      };
      for (const PointSummary& point : arm.points) {
        Source source = row("score");
        source.point = &point;
        add(source);
      }
      if (arm.points.size() < 2) continue;  // one size makes no curve
      for (const auto& [name, level, crossing] : {std::tuple{"n50", 0.5, &arm.n50}, std::tuple{"n90", 0.9, &arm.n90}}) {
        Source source = row(name);
        source.curve = &arm;
        source.crossing = crossing->has_value() ? &**crossing : nullptr;
        source.level = level;
        add(source);
      }
    }
    if (task.teacher) {
      add({.task = task.task, .arm = kTeacherModelArm, .statistic = "score", .point = &*task.teacher});
    }
  }
  return table;
}

DataTable ContrastsData(const Summary& summary, const std::string& primary_arm) {
  DataTable table{
      .file = "contrasts.csv",
      .about = "One row an arm and N that the primary arm is compared with, as the page's table has them.",
      .columns = {{"task", "text", "group of rows", ""},
                  {"arm", "text", "the primary one", ""},
                  {"against", "text", "the arm that it is compared with", ""},
                  {"n", "rows", "the N at which scores are compared", ""},
                  {"seeds", "seeds", "that have both", ""},
                  {"lead", "of metric", "in score, positive where arm is better", ""},
                  {"lead_low", "of metric", "lower end of its 95 % interval", ""},
                  {"lead_high", "of metric", "upper end of its 95 % interval", ""},
                  {"p", "probability", "two-sided", "fewer than six seeds"},
                  {"p_holm", "probability", "adjusted over the page's comparisons", "fewer than six seeds; declared"}}};
  for (const TaskSummary& task : summary.tasks) {
    for (const ArmContrast& c : task.contrasts) {
      table.rows.push_back(
          {task.task, primary_arm, c.other, c.n, c.seeds, c.lead.estimate, c.lead.low, c.lead.high, c.p_value, c.holm});
    }
  }
  return table;
}

DataTable DeclaredData(const Summary& summary) {
  using Measure = DeclaredResult::Measure;
  static constexpr char kUndefined[] = "no comparison can be given";
  DataTable table{.file = "declared.csv",
                  .about = "The comparison that was declared before the run, and what became of it.",
                  .columns = {{"task", "text", "group of rows; a + b: the mean of two", ""},
                              {"arm", "text", "", ""},
                              {"against", "text", "the arm, or the groups, that it is compared with", ""},
                              {"n", "rows", "the N at which scores are compared", "whole curves are compared"},
                              {"measure", "text", "score, log2_n50 or mean_gap_closed, of arm minus against", ""},
                              {"seeds", "seeds", "that have both", ""},
                              {"estimate", "of measure", "scores are turned so that positive is better", kUndefined},
                              {"low", "of measure", "lower end of the 95 % interval", kUndefined},
                              {"high", "of measure", "upper end of the 95 % interval", kUndefined},
                              {"p", "probability", "two-sided", "fewer than six seeds"},
                              {"note", "text", "why there is none", "there is one"}}};
  for (const TaskSummary& task : summary.tasks) {
    if (!task.declared) continue;
    const DeclaredResult& result = *task.declared;
    const char* measure = result.measure == Measure::kScore          ? "score"
                          : result.measure == Measure::kDeltaLog2N50 ? "log2_n50"
                                                                     : "mean_gap_closed";
    const auto value = [&](double number) { return result.undefined.empty() ? DataField(number) : DataField(); };
    table.rows.push_back({result.declared.task, result.declared.arm, result.declared.against,
                          result.declared.n > 0 ? DataField(result.declared.n) : DataField(), measure, result.seeds,
                          value(result.value.estimate), value(result.value.low), value(result.value.high),
                          result.p_value, result.undefined});
  }
  return table;
}

std::string CellsCsv(const ReportInput& input) { return ToCsv(CellsData(input)); }
std::string SummaryCsv(const Summary& summary) { return ToCsv(SummaryData(summary)); }

}  // namespace retort
