// See the header. Everything here is read; nothing is written but the probe, in a folder of its own.
#include "experiments/launch/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/lm/threads.h"
#include "core/stats/power.h"
#include "experiments/cells/config_lines.h"
#include "experiments/cells/evaluation_items.h"
#include "experiments/launch/progress.h"

namespace retort::lab {
namespace {

constexpr int kProbeSteps = 20, kProbeItems = 50;
constexpr double kAssumedDeviation = 0.05;  // of a score between seeds, where none was measured

// "numerics 2, now 3", "model"; empty where the two differ in options (keys with a dot), which makes them other cells
// by intent.
std::string Difference(const std::string& before, const std::string& now) {
  const ConfigLines then = ReadIdentityLines(before), wanted = ReadIdentityLines(now);
  const auto options = [](const ConfigLines& lines) {
    ConfigLines dotted;
    std::ranges::copy_if(lines, std::inserter(dotted, dotted.end()),
                         [](const auto& line) { return line.first.find('.') != std::string::npos; });
    return dotted;
  };
  if (options(then) != options(wanted)) return "";
  std::vector<std::string> names;
  for (const auto& [name, value] : wanted) {
    const auto old = then.find(name);
    if (old != then.end() && old->second == value) continue;
    const bool readable = name == "numerics" && old != then.end();
    names.push_back(readable ? fmt::format("numerics {}, now {}", old->second, value) : name);
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

// Seconds for a unit of CellCost, from this grid's cells that are done; nullopt if there are none.
std::optional<double> MeasuredRate(const Grid& grid, const RunStore& store, int& measured) {
  double seconds = 0, cost = 0;
  for (const auto& [hash, cell] : grid.cells) {
    if (cell.config.n == 0 || !store.Done(hash)) continue;
    const double took = store.Seconds(hash);
    if (took <= 0) continue;
    seconds += took;
    cost += cell.cost;
    ++measured;
  }
  if (cost <= 0) return std::nullopt;
  return seconds / cost;
}

// The same from a short cell, computed here and now: its rows are the task's own solutions, or its prompts again.
double ProbedRate(const Cell& cell, const LaunchOptions& options, const CellFunction& compute) {
  CellConfig config = cell.config;
  if (auto* builtin = std::get_if<TrainerConfig>(&config.student.trainer)) builtin->max_steps = kProbeSteps;
  config.evaluation.held_out = std::min(config.evaluation.held_out, kProbeItems);
  config.evaluation.retained = 0;
  config.validation_items = 0;
  const std::unique_ptr<Task> task = MakeTask(config.task);
  std::vector<Sample> samples;
  for (const Item& item : task->Items(Split::kTrain, std::min(config.n, 64), static_cast<uint64_t>(config.seed))) {
    samples.push_back({.id = item.id, .prompt = item.prompt, .finish_reason = "stop"});
    samples.back().completion = AnswerTo(item.prompt, task->Reference(item).value_or(Text(item.prompt)));
  }
  config.n = static_cast<int>(samples.size());
  const TempDir folder;
  SetThreads(options.threads);
  const double start = MonotonicSeconds();
  compute({.config = config,
           .task = *task,
           .samples = samples,
           .items = EvaluationItems(config, *task, samples),
           .folder = folder.path(),
           .config_dir = options.config_dir,
           .progress = [](double) {}});
  return (MonotonicSeconds() - start) / CellCost(config);
}

// The standard deviation between seeds of the first arm's scores, the median over its points; nullopt where no point
// has two.
std::optional<double> SeedDeviation(const Grid& grid, const RunStore& store, const Block& block) {
  std::map<int, std::vector<double>> scores;
  for (const Row& row : grid.rows) {
    const bool ours = row.task == block.task_name && row.axes == block.config.axes && row.arm == block.arms[0]->name;
    if (ours && !row.cell.empty() && store.Done(row.cell))
      scores[row.n].push_back(store.ReadWithoutItems(row.cell).means.score);
  }
  std::vector<double> deviations;
  for (const auto& [n, values] : scores) {
    if (values.size() < 2) continue;
    double mean = 0, squares = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean);
    deviations.push_back(std::sqrt(squares / static_cast<double>(values.size() - 1)));
  }
  if (deviations.empty()) return std::nullopt;
  std::ranges::nth_element(deviations, deviations.begin() + static_cast<std::ptrdiff_t>(deviations.size() / 2));
  return deviations[deviations.size() / 2];
}

// Two arms, paired by seed: their difference scatters at most √2 as much as one of them does.
std::string EffectText(const Grid& grid, const RunStore& store, const Block& block) {
  const std::optional<double> measured = SeedDeviation(grid, store, block);
  const int seeds = block.config.seeds;
  std::string name = block.task_name;
  for (const auto& [key, value] : block.config.axes) name += fmt::format(" {}={}", key, value);
  if (seeds < 2) return fmt::format("{}: one seed shows nothing about other runs", name);
  const double effect = SmallestEffect(seeds, std::sqrt(2.0) * measured.value_or(kAssumedDeviation));
  return fmt::format(
      "{}: {:.3f} between two arms at one N ({} seeds, 80 % power; deviation between seeds {})", name, effect, seeds,
      measured ? fmt::format("{:.3f}, measured", *measured) : fmt::format("{:.2f}, assumed", kAssumedDeviation));
}

std::vector<std::string> TeacherLines(const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid,
                                      const RunStore& store) {
  CollectPlan sum;
  std::set<std::pair<const ArmContext*, uint64_t>> seen;
  int64_t budgets = 0;  // of arms that N gives so many tokens of the teacher
  for (const auto& block : blocks) {
    for (const Arm* arm : block->arms) {
      if (!block->context->n_counts_rows()) {
        budgets +=
            static_cast<int64_t>(block->Sizes(arm->name).back()) * static_cast<int64_t>(block->Seeds(arm->name).size());
        continue;
      }
      for (const uint64_t seed : block->Seeds(arm->name)) {
        if (seen.insert({block->context.get(), seed}).second) Add(block->context->Plan(seed), sum);
      }
    }
  }
  // A model in this process answers held-out items for nothing.
  int64_t held_out = 0;
  for (const auto& [hash, cell] : grid.cells) {
    const CellConfig& config = cell.config;
    const bool asks = config.arm == kTeacherModelArm && !std::holds_alternative<LocalTeacherConfig>(config.teacher);
    if (!asks || store.Done(hash)) continue;
    const std::unique_ptr<Task> task = MakeTask(config.task);
    const CollectPlan plan = PlanAnswers(EvaluationItems(config, *task, {}), Bounded(config.evaluation.sampling, *task),
                                         config.collect.prices);
    for (int attempt = 0; attempt < config.evaluation.samples; ++attempt) {
      held_out += plan.requests;
      Add(plan, sum);
    }
  }
  if (budgets > 0)
    return {fmt::format(
        "about {} tokens for all rows if nothing is there yet; up to 64 prompts more a seed and arm are looked at",
        budgets)};
  if (sum.requests == 0) return {fmt::format("nothing to ask: {} answers are there", sum.answered)};
  return {fmt::format("{} answers to ask ({} of them to held-out items), {} are there", sum.requests, held_out,
                      sum.answered),
          fmt::format("about {} tokens, at most {}", sum.likely.Total(), sum.most.Total()),
          fmt::format("about ${:.4f}, at most ${:.4f}, by the price table", sum.likely_dollars, sum.most_dollars)};
}

}  // namespace

std::map<std::string, int> WhyNotReused(const Grid& grid, const RunStore& store) {
  using Name = std::tuple<std::string, std::string, int, uint64_t>;  // task, arm, N, seed
  std::map<Name, std::vector<std::string>> wanted;                   // to what is to be computed
  for (const Row& row : grid.rows) {
    const auto cell = grid.cells.find(row.cell);
    if (cell == grid.cells.end() || store.Done(row.cell)) continue;
    wanted[{row.task, row.arm, row.n, row.seed}].push_back(cell->second.identity);
  }
  std::map<std::string, int> reasons;
  if (wanted.empty()) return reasons;
  for (const std::string& hash : store.List()) {
    if (grid.cells.contains(hash) || !store.Done(hash)) continue;
    const std::optional<std::string> before = store.Identity(hash);
    if (!before) continue;  // of a version that did not write it down
    const CellResult result = store.ReadWithoutItems(hash);
    const auto now = wanted.find({result.task, result.arm, result.n, result.seed});
    if (now == wanted.end()) continue;
    for (const std::string& identity : now->second) {
      if (const std::string why = Difference(*before, identity); !why.empty()) {
        ++reasons[why];
        break;
      }
    }
  }
  return reasons;
}

std::string PlanText(const std::string& experiment, const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid,
                     const RunStore& store, const LaunchOptions& options, const CellFunction& compute) {
  std::vector<std::pair<std::string, std::string>> lines;
  const auto add = [&](const std::string& name, const std::string& text) { lines.emplace_back(name, text); };
  double cost = 0;
  size_t to_do = 0;
  const Cell* probe = nullptr;
  const auto want = [&](const Cell& cell) {
    cost += cell.cost;
    const bool trains = cell.config.n > 0 && !cell.config.in_context;  // others cost by another rate
    if (trains && (probe == nullptr || cell.cost < probe->cost)) probe = &cell;
  };
  for (const auto& [hash, cell] : grid.cells) {
    if (store.Done(hash)) continue;
    ++to_do;
    want(cell);
  }
  for (const Cell& cell : grid.unknown) want(cell);
  add("rows", fmt::format("{} of the table, from {} cells", grid.rows.size(), grid.cells.size() + grid.unknown.size()));
  add("cells", fmt::format("{} done, {} to compute", grid.cells.size() - to_do, to_do + grid.unknown.size()));
  if (!grid.unknown.empty()) {
    add("", fmt::format("of {} it shows only when the teacher was asked whether they are done", grid.unknown.size()));
  }
  for (const auto& [why, count] : WhyNotReused(grid, store)) {
    add("not reused", fmt::format("{} earlier cells of these rows: made with another {}", count, why));
  }
  if (cost > 0) {
    int measured = 0;
    std::optional<double> rate = MeasuredRate(grid, store, measured);
    const std::string source = rate ? fmt::format("from {} cells that are done", measured)
                                    : fmt::format("from one of {} steps, computed just now", kProbeSteps);
    if (!rate && probe != nullptr) rate = ProbedRate(*probe, options, compute);
    if (rate)
      add("time", fmt::format("about {} with {} workers, {}", Duration(*rate * cost / options.workers), options.workers,
                              source));
  }
  for (const std::string& line : TeacherLines(blocks, grid, store)) add("teacher", line);
  std::set<std::string> told;
  for (const auto& block : blocks) {
    const std::string line = EffectText(grid, store, *block);
    if (told.insert(line).second && told.size() <= 10) add("smallest effect", line);
  }
  std::string text = fmt::format("{}: nothing is computed or asked by --plan\n", experiment), last;
  for (const auto& [name, line] : lines)
    text += fmt::format("  {:<16}{}\n", name == last ? "" : name, line), last = name;
  return text;
}

}  // namespace retort::lab
