#include "experiments/lab/tune.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/config/toml_text.h"

namespace retort::lab {
namespace {

// One point of tune.over for one arm.
struct Candidate {
  Axes axes;
  int seeds = 0;
  double sum = 0;  // of the scores, over the seeds
  // Rounded, so that equal means are equal: sums differ in their last bit by the order of the seeds.
  double score() const { return seeds == 0 ? 0 : std::round(1e9 * sum / seeds) / 1e9; }
};

std::vector<std::string> Words(const Axes& axes) {
  std::vector<std::string> words;
  for (const auto& [key, value] : axes) words.push_back(fmt::format("{}={}", key, value));
  return words;
}

struct Tried {
  std::string arm;
  std::vector<Candidate> candidates;
  bool higher_is_better = true;
};

// The first of the best: a tie says that the difference does not matter.
size_t Best(const Tried& arm) {
  size_t best = 0;
  for (size_t i = 1; i < arm.candidates.size(); ++i) {
    const double lead = arm.candidates[i].score() - arm.candidates[best].score();
    if (arm.higher_is_better ? lead > 0 : lead < 0) best = i;
  }
  return best;
}

void CheckKey(const std::string& key) {
  CheckAxis(key);
  for (const char* fixed : {"arms", "n", "seeds", "tuned"}) {
    if (key.substr(0, key.find('.')) != fixed) continue;
    throw Error({.file = "tune.over", .place = "key " + key}, "is nothing to choose for an arm",
                "name a key of how students are made, such as student.trainer.learning_rate");
  }
}

bool Trains(const std::vector<Arm>& arms, const std::string& name) {
  const auto arm = std::ranges::find(arms, name, &Arm::name);
  CellConfig cell;
  if (arm != arms.end() && arm->adjust) arm->adjust(cell);
  return !cell.in_context;
}

}  // namespace

std::vector<ExperimentConfig> TuneConfigs(const std::vector<ExperimentConfig>& configs, const std::vector<Arm>& arms) {
  std::vector<ExperimentConfig> tried;
  std::set<std::string> seen;
  for (const ExperimentConfig& config : configs) {
    if (!config.axes.empty()) {
      throw Error({.file = "command line"}, "--tune chooses for one config, not for a sweep", "leave out -m");
    }
    std::vector<std::string> fresh;
    for (const std::string& arm : config.arms) {
      if (seen.insert(arm).second && Trains(arms, arm)) fresh.push_back(arm);
    }
    if (fresh.empty()) continue;
    CommandLine over = config.command_line;
    over.overrides.insert(over.overrides.end(), config.tune.over.begin(), config.tune.over.end());
    over.multirun = true;
    const std::vector<SweepPoint> points = ExpandSweep(over);
    if (points.front().axes.empty()) {
      throw Error("tune.over: there is nothing to choose from; name a key with several values");
    }
    for (const auto& [key, value] : points.front().axes) CheckKey(key);
    for (const SweepPoint& point : points) {
      auto one = Load<ExperimentConfig>(point.command_line);
      one.command_line = point.command_line;
      one.axes = point.axes;
      one.arms = fresh;
      one.n = {config.tune.n};
      one.seeds = config.tune.seeds;
      one.first_seed = kFirstTuneSeed;
      one.validation_items = config.tune.validation_items;
      one.evaluation.retained = 0;
      tried.push_back(std::move(one));
    }
  }
  if (tried.empty()) {
    throw Error(fmt::format("arms: {}; give one or more that train a student, such as arms=[teacher]",
                            seen.empty() ? "is empty" : "none of them trains a student"));
  }
  return tried;
}

Tuned ChooseSettings(const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store,
                     const std::string& command) {
  const TuneConfig& tune = blocks.front()->config.tune;
  std::vector<Tried> arms;
  // Of rows of a seed that are the same, or where N counts rows of the same pool: what the teacher answered is shared.
  std::map<std::pair<std::string, uint64_t>, int64_t> tokens;
  std::set<std::string> cells;
  double flops = 0;
  for (const Row& row : grid.rows) {
    auto arm = std::ranges::find(arms, row.arm, &Tried::arm);
    if (arm == arms.end()) arm = arms.insert(arm, {.arm = row.arm});
    auto candidate = std::ranges::find(arm->candidates, row.axes, &Candidate::axes);
    if (candidate == arm->candidates.end()) candidate = arm->candidates.insert(candidate, {.axes = row.axes});
    if (row.cell.empty() || !store.Done(row.cell)) continue;
    const CellResult result = store.ReadWithoutItems(row.cell);
    candidate->sum += result.means.score;
    ++candidate->seeds;
    arm->higher_is_better = result.metric != "bits_per_byte";
    const bool shares = !result.live_teacher && blocks.front()->context->n_counts_rows();
    const std::string whose = result.live_teacher ? row.cell : shares ? row.task : result.samples_sha256;
    int64_t& known = tokens[{whose, row.seed}];
    known = std::max(known, result.teacher_tokens);
    if (cells.insert(row.cell).second) flops += result.training_flops;
  }

  Tuned tuned{.text = fmt::format("N={}, {} seeds from {}, {} validation items each\n", tune.n, tune.seeds,
                                  kFirstTuneSeed, tune.validation_items)};
  TunedConfig chosen{.validation_items = tune.validation_items * tune.seeds,
                     .samples = tune.n * tune.seeds,
                     .cells = static_cast<int>(cells.size()),
                     .training_flops = flops};
  for (const auto& [rows, count] : tokens) chosen.teacher_tokens += count;
  for (Tried& arm : arms) {
    const auto is_whole = [&](const Candidate& c) { return c.seeds == tune.seeds; };
    for (const Candidate& candidate : arm.candidates) {
      if (is_whole(candidate)) continue;
      tuned.warnings.push_back(fmt::format("{}: {} is left out, not all of its cells are done", arm.arm,
                                           fmt::join(Words(candidate.axes), " ")));
    }
    const size_t tried = arm.candidates.size();
    std::erase_if(arm.candidates, [&](const Candidate& c) { return !is_whole(c); });
    if (arm.candidates.empty()) throw Error(fmt::format("of {} no setting is computed with all its seeds", arm.arm));
    const size_t best = Best(arm);
    for (size_t i = 0; i < arm.candidates.size(); ++i) {
      tuned.text += fmt::format("  {:<16}{:<50}{:>8.3f}{}\n", i == 0 ? arm.arm : "",
                                fmt::format("{}", fmt::join(Words(arm.candidates[i].axes), " ")),
                                arm.candidates[i].score(), i == best ? "  chosen" : "");
    }
    std::vector<std::string> entry = Words(arm.candidates[best].axes);
    const bool at_end = best == 0 || best + 1 == arm.candidates.size();
    if (entry.size() == 1 && tried > 1 && at_end) {
      tuned.warnings.push_back(
          fmt::format("{}: {} is at the end of what was tried; widen tune.over", arm.arm, entry.front()));
    }
    entry.insert(entry.begin(), arm.arm);
    chosen.overrides.push_back(std::move(entry));
  }
  std::string by = command;
  std::ranges::replace(by, '\n', ' ');
  tuned.toml =
      fmt::format("# Chosen on N={}, seeds {} to {}, {} validation items each, by\n# {}\n{}", tune.n, kFirstTuneSeed,
                  kFirstTuneSeed + static_cast<uint64_t>(tune.seeds) - 1, tune.validation_items, by, ToToml(chosen));
  return tuned;
}

}  // namespace retort::lab
