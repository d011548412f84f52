// Cells -> numbers: pairs every cell with base and teacher of its seed on the same items, then asks core/stats.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/hash.h"
#include "core/report/across_groups.h"
#include "core/report/paired_items.h"
#include "core/report/report.h"
#include "core/report/verdict.h"
#include "core/stats/arm_difference.h"
#include "core/stats/curve_contrast.h"
#include "core/stats/holm.h"

namespace retort {
namespace {

using Cells = std::vector<const CellResult*>;

std::string Name(const CellResult& c) {
  return fmt::format("{}: arm {}, N = {}, seed {}", TaskName(c), c.arm, c.n, c.seed);
}

// One seed that has base and teacher, and its other cells.
struct SeedCells {
  std::string items;  // hash of the ids: seeds with equal ids share their items
  std::vector<double> base, teacher;
  std::map<std::string, std::map<int, std::vector<double>>> scores;  // arm -> N -> score of each item
};

std::optional<double> MeanOf(const Cells& cells, const std::function<std::optional<double>(const CellResult&)>& get) {
  double sum = 0;
  int count = 0;
  for (const CellResult* cell : cells) {
    const std::optional<double> value = get(*cell);
    if (!value || !std::isfinite(*value)) continue;
    sum += *value;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

void FillMeans(const Cells& cells, PointSummary& point) {
  const auto plain = [&](auto get) {
    return MeanOf(cells, [&](const CellResult& c) { return std::optional<double>(get(c)); }).value_or(0);
  };
  point.parse_rate = plain([](const CellResult& c) { return c.means.parse_rate; });
  point.step_accuracy = MeanOf(cells, [](const CellResult& c) { return c.means.step_accuracy; });
  point.reference_nats = MeanOf(cells, [](const CellResult& c) { return c.means.reference_nats; });
  point.retained_skill = MeanOf(cells, [](const CellResult& c) { return c.retained_skill; });
  point.memoriser = MeanOf(cells, [](const CellResult& c) { return c.memoriser; });
  point.prompts_asked = plain([](const CellResult& c) { return static_cast<double>(c.prompts_asked); });
  point.teacher_tokens = plain([](const CellResult& c) { return static_cast<double>(c.teacher_tokens); });
  point.supervised_tokens = plain([](const CellResult& c) { return static_cast<double>(c.supervised_tokens); });
  point.training_flops = plain([](const CellResult& c) { return c.training_flops; });
  point.dollars = plain([](const CellResult& c) { return c.dollars; });
  point.live_teacher = std::ranges::any_of(cells, [](const CellResult* c) { return c->live_teacher; });
  point.steps = plain([](const CellResult& c) { return static_cast<double>(c.steps); });
  std::set<std::string> extras;
  for (const CellResult* cell : cells) {
    for (const auto& [name, value] : cell->extras) extras.insert(name);
  }
  for (const std::string& name : extras) {
    const auto mean = MeanOf(cells, [&](const CellResult& c) -> std::optional<double> {
      const auto found = c.extras.find(name);
      return found == c.extras.end() ? std::nullopt : std::optional(found->second);
    });
    if (mean) point.extras[name] = *mean;
  }
}

class TaskBuilder {
 public:
  TaskBuilder(const ReportInput& input, const Cells& cells, std::vector<std::string>& warnings)
      : input_(input), warnings_(warnings) {
    name_ = cells[0]->task;
    task_.task = TaskName(*cells[0]);
    task_.axes = cells[0]->axes;
    task_.n_unit = input.n_unit;
    task_.metric = cells[0]->metric;
    task_.higher_is_better = task_.metric != "bits_per_byte";
    for (const CellResult* cell : cells) Admit(*cell);
  }

  TaskSummary Build() {
    PairSeeds();
    task_.seeds = static_cast<int>(seeds_.size());
    for (const std::string& arm : ArmOrder()) AddArm(arm);
    AddEnds();
    for (const ArmSummary& arm : task_.arms) {
      if (arm.arm != input_.primary_arm) AddContrasts(arm);
    }
    if (input_.contrast && input_.contrast->against_task.empty() && input_.contrast->task == name_) {
      AddDeclared(*input_.contrast);
    }
    return std::move(task_);
  }

 private:
  void Warn(const CellResult& cell, std::string_view reason) {
    warnings_.push_back(fmt::format("{}: {}; left out", Name(cell), reason));
  }

  void Admit(const CellResult& cell) {
    if (cell.metric != task_.metric) {
      return Warn(cell, fmt::format("scored by {}, others of the task by {}", cell.metric, task_.metric));
    }
    if (cell.items.empty()) return Warn(cell, "no scores of items");
    const auto finite = [](const ItemScore& item) { return std::isfinite(item.score); };
    if (!std::all_of(cell.items.begin(), cell.items.end(), finite)) return Warn(cell, "a score is not a finite number");
    const bool end = cell.arm == kBaseArm || cell.arm == kTeacherModelArm;
    if (!end && cell.n <= 0) return Warn(cell, "N is not positive, so it has no place on the curve");
    if (!cells_[cell.arm][end ? 0 : cell.n].emplace(cell.seed, &cell).second) Warn(cell, "a second cell of that name");
  }

  // The cell of an end for a seed: its own, else the only one there is for the target (one teacher serves all seeds).
  const CellResult* End(std::string_view arm, uint64_t seed, const std::string& target) const {
    const auto found = cells_.find(std::string(arm));
    if (found == cells_.end()) return nullptr;
    const auto& by_seed = found->second.at(0);
    if (const auto own = by_seed.find(seed); own != by_seed.end()) return own->second;
    const CellResult* only = nullptr;
    for (const auto& [other, cell] : by_seed) {
      if (cell->target != target) continue;
      if (only != nullptr) return nullptr;
      only = cell;
    }
    return only;
  }

  void PairSeeds() {
    std::map<uint64_t, std::string> targets;
    for (const auto& [arm, by_n] : cells_) {
      for (const auto& [n, by_seed] : by_n) {
        for (const auto& [seed, cell] : by_seed) targets.emplace(seed, cell->target);
      }
    }
    for (const auto& [seed, target] : targets) {
      const CellResult* base = End(kBaseArm, seed, target);
      const CellResult* teacher = End(kTeacherModelArm, seed, target);
      if (base == nullptr || teacher == nullptr) {
        warnings_.push_back(fmt::format("{}: seed {} has no {} cell; left out", task_.task, seed,
                                        base == nullptr ? kBaseArm : kTeacherModelArm));
        continue;
      }
      SeedCells cells;
      const std::vector<std::string> ids = ItemIds(*base);
      cells.items = ItemsHash(ids);
      cells.base = AlignedScores(*base, ids);
      cells.teacher = AlignedScores(*teacher, ids);
      if (cells.base.empty() || cells.teacher.empty()) {
        Warn(*teacher, "graded on other items than the base");
        continue;
      }
      for (const auto& [arm, by_n] : cells_) {
        if (arm == kBaseArm || arm == kTeacherModelArm) continue;
        for (const auto& [n, by_seed] : by_n) {
          const auto cell = by_seed.find(seed);
          if (cell == by_seed.end()) continue;
          std::vector<double> scores = AlignedScores(*cell->second, ids);
          if (scores.empty()) {
            Warn(*cell->second, "graded on other items than the base");
          } else {
            cells.scores[arm][n] = std::move(scores);
          }
        }
      }
      base_cells_.push_back(base);
      teacher_cells_.push_back(teacher);
      seeds_.emplace(seed, std::move(cells));
    }
  }

  std::vector<std::string> ArmOrder() const {
    std::vector<std::string> order = {input_.primary_arm};
    order.insert(order.end(), input_.arms.begin(), input_.arms.end());
    for (const auto& [arm, by_n] : cells_) order.push_back(arm);
    std::vector<std::string> arms;
    std::set<std::string> seen = {std::string(kBaseArm), std::string(kTeacherModelArm)};
    for (const std::string& arm : order) {
      if (cells_.contains(arm) && seen.insert(arm).second) arms.push_back(arm);
    }
    return arms;
  }

  GapCurveInput Curve(const std::string& arm) const {
    GapCurveInput curve;
    curve.higher_is_better = task_.higher_is_better;
    curve.rate = task_.higher_is_better;
    curve.smallest_gap = input_.smallest_gap;
    std::set<int> sizes;
    for (const auto& [seed, cells] : seeds_) {
      const auto found = cells.scores.find(arm);
      if (found == cells.scores.end()) continue;
      for (const auto& [n, scores] : found->second) sizes.insert(n);
    }
    curve.sizes.assign(sizes.begin(), sizes.end());
    for (const auto& [seed, cells] : seeds_) {
      GapSeed row{cells.items, cells.base, cells.teacher, {}};
      const auto found = cells.scores.find(arm);
      for (int n : curve.sizes) {
        const bool has = found != cells.scores.end() && found->second.contains(n);
        row.at_size.push_back(has ? found->second.at(n) : std::vector<double>{});
      }
      curve.seeds.push_back(std::move(row));
    }
    return curve;
  }

  void AddArm(const std::string& name) {
    const GapCurve curve = FitGapCurve(Curve(name));
    if (curve.points.empty()) return;
    ArmSummary arm{.arm = name,
                   .n50 = curve.n50,
                   .n90 = curve.n90,
                   .undefined = curve.undefined,
                   .crossing_seeds = curve.crossing_seeds,
                   .crossing_sizes = curve.crossing_sizes};
    if (const auto items = input_.validation_items.find({name_, name}); items != input_.validation_items.end()) {
      arm.validation_items = items->second;
    }
    for (const GapPoint& p : curve.points) {
      PointSummary point{
          .n = p.n, .seeds = p.seeds, .score = p.score, .gap_closed = p.gap_closed, .undefined = p.undefined};
      Cells cells;
      for (const auto& [seed, cell] : cells_.at(name).at(p.n)) {
        const auto paired = seeds_.find(seed);
        if (paired == seeds_.end()) continue;
        const auto scores = paired->second.scores.find(name);
        if (scores != paired->second.scores.end() && scores->second.contains(p.n)) cells.push_back(cell);
      }
      FillMeans(cells, point);
      arm.points.push_back(std::move(point));
    }
    task_.arms.push_back(std::move(arm));
  }

  void AddEnds() {
    if (seeds_.empty()) return;
    GapCurveInput ends = Curve("");
    const GapCurve curve = FitGapCurve(ends);
    task_.base = PointSummary{.seeds = curve.seeds, .score = curve.base};
    task_.teacher = PointSummary{.seeds = curve.seeds, .score = curve.teacher};
    FillMeans(base_cells_, *task_.base);
    FillMeans(teacher_cells_, *task_.teacher);
  }

  // The scores of two arms at one N, columns base, teacher, `other` and `arm`, on the seeds that have both arms.
  std::vector<SeedScores> Paired(const std::string& arm, const std::string& other, int n) const {
    std::vector<SeedScores> rows;
    for (const auto& [seed, cells] : seeds_) {
      const auto a = cells.scores.find(arm), b = cells.scores.find(other);
      if (a == cells.scores.end() || b == cells.scores.end()) continue;
      const auto first = a->second.find(n), second = b->second.find(n);
      if (first == a->second.end() || second == b->second.end()) continue;
      rows.push_back({cells.items, {cells.base, cells.teacher, second->second, first->second}});
    }
    return rows;
  }

  void AddContrasts(const ArmSummary& other) {
    for (const PointSummary& point : other.points) {
      const std::vector<SeedScores> rows = Paired(input_.primary_arm, other.arm, point.n);
      if (rows.empty()) continue;
      const ScoreContrast contrast = CompareScores(rows, task_.higher_is_better);
      task_.contrasts.push_back({.other = other.arm,
                                 .n = point.n,
                                 .seeds = contrast.seeds,
                                 .lead = contrast.lead,
                                 .p_value = contrast.p_value});
    }
  }

  void AddDeclared(const DeclaredContrast& declared) {
    using Measure = DeclaredResult::Measure;
    DeclaredResult result{.declared = declared, .measure = declared.n > 0 ? Measure::kScore : Measure::kDeltaLog2N50};
    if (declared.n > 0) {
      const std::vector<SeedScores> rows = Paired(declared.arm, declared.against, declared.n);
      if (rows.empty()) {
        result.undefined = fmt::format("no seed has both arms at N = {}", declared.n);
      } else {
        const ScoreContrast contrast = CompareScores(rows, task_.higher_is_better);
        result.seeds = contrast.seeds;
        result.value = contrast.lead;
        result.p_value = contrast.p_value;
      }
    } else if (!cells_.contains(declared.arm) || !cells_.contains(declared.against)) {
      result.undefined = "no seed has both arms";
    } else {
      const CurveContrast contrast = CompareCurves(Curve(declared.arm), Curve(declared.against));
      result.undefined = contrast.undefined;
      result.seeds = contrast.seeds;
      if (contrast.censored) result.measure = Measure::kMeanGapClosed;
      result.value = contrast.censored ? contrast.mean_gap_closed : contrast.delta_log2_n50;
      result.p_value = contrast.p_value;
    }
    result.sentence = DeclaredVerdict(task_, result);
    task_.declared = std::move(result);
  }

  const ReportInput& input_;
  std::vector<std::string>& warnings_;
  std::string name_;  // of the task alone
  TaskSummary task_;
  std::map<std::string, std::map<int, std::map<uint64_t, const CellResult*>>> cells_;  // arm -> N -> seed
  std::map<uint64_t, SeedCells> seeds_;
  Cells base_cells_, teacher_cells_;
};

// One family: everything the page compares beside what was declared.
void AdjustByHolm(const std::string& primary_arm, Summary& summary) {
  std::vector<std::optional<double>*> family;
  std::vector<double> p_values;
  for (TaskSummary& task : summary.tasks) {
    for (ArmContrast& contrast : task.contrasts) {
      const bool is_declared =
          task.declared && task.declared->declared.against_task.empty() && task.declared->declared.n == contrast.n &&
          task.declared->declared.against == contrast.other && task.declared->declared.arm == primary_arm;
      if (!contrast.p_value || is_declared) continue;
      family.push_back(&contrast.holm);
      p_values.push_back(*contrast.p_value);
    }
  }
  for (GroupDifference& difference : summary.across) {
    if (!difference.p_value || difference.declared) continue;
    family.push_back(&difference.holm);
    p_values.push_back(*difference.p_value);
  }
  const std::vector<double> adjusted = Holm(p_values);
  for (size_t i = 0; i < family.size(); ++i) *family[i] = adjusted[i];
}

}  // namespace

// "rules", or with the point of a sweep "rules, learning_rate 0.003": an axis goes by the last part of its key.
std::string TaskName(const CellResult& c) {
  std::string name = c.task;
  for (const auto& [key, value] : c.axes) {
    const std::string last = key.substr(key.find_last_of("./") + 1);
    if (last != "target" || value != c.task) name += fmt::format(", {} {}", last, value);
  }
  return name;
}

std::string CellsAnchor(std::string_view task, std::string_view arm, int n) {
  const std::string name = fmt::format("{}-{}-{}", task, arm, n);
  const bool plain = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
  return "cells-" + (plain ? name : Sha256Hex(fmt::format("{}\n{}\n{}", task, arm, n)).substr(0, 16));
}

Summary Summarise(const ReportInput& input) {
  Summary summary;
  std::vector<std::string> order;
  std::map<std::string, Cells> by_task;
  for (const CellResult& cell : input.cells) {
    const std::string name = TaskName(cell);
    Cells& cells = by_task[name];
    if (cells.empty()) order.push_back(name);
    cells.push_back(&cell);
  }
  for (const std::string& task : order) {
    summary.tasks.push_back(TaskBuilder(input, by_task[task], summary.warnings).Build());
  }
  summary.across = CompareGroups(input, summary.warnings);
  if (input.contrast && !input.contrast->against_task.empty()) {
    const std::string first = GroupNames(input.contrast->task).front();
    for (TaskSummary& task : summary.tasks) {
      if (task.task == first) task.declared = DeclareAcross(input, *input.contrast);
    }
  }
  AdjustByHolm(input.primary_arm, summary);
  for (const TaskSummary& task : summary.tasks) {
    if (task.declared) summary.verdict += (summary.verdict.empty() ? "" : " ") + task.declared->sentence;
  }
  for (const std::string& sentence : AcrossVerdicts(input, summary)) {
    summary.verdict += (summary.verdict.empty() ? "" : " ") + sentence;
  }
  for (TaskSummary& task : summary.tasks) {
    task.verdict = Verdict(input, task);
    if (!summary.across.empty()) continue;  // what each group shows by itself stands with its table
    summary.verdict += (summary.verdict.empty() ? "" : " ") + task.verdict;
  }
  if (summary.verdict.empty()) summary.verdict = "No cell is complete yet, so there is nothing to say.";
  return summary;
}

}  // namespace retort
