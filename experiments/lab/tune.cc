#include "experiments/lab/tune.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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
  double score = 0;  // mean over the seeds
};

std::vector<std::string> Words(const Axes& axes) {
  std::vector<std::string> words;
  for (const auto& [key, value] : axes) words.push_back(fmt::format("{}={}", key, value));
  return words;
}

// The first of the best: a tie says that the difference does not matter.
size_t Best(const std::vector<Candidate>& candidates, bool higher_is_better) {
  size_t best = 0;
  for (size_t i = 1; i < candidates.size(); ++i) {
    const double lead = candidates[i].score - candidates[best].score;
    if (higher_is_better ? lead > 0 : lead < 0) best = i;
  }
  return best;
}

}  // namespace

std::vector<ExperimentConfig> TuneConfigs(const std::vector<ExperimentConfig>& configs) {
  std::vector<ExperimentConfig> tried;
  std::set<std::string> arms;
  for (const ExperimentConfig& config : configs) {
    if (!config.axes.empty()) {
      throw Error({.file = "command line"}, "--tune chooses for one config, not for a sweep", "leave out -m");
    }
    std::vector<std::string> fresh;
    for (const std::string& arm : config.arms) {
      if (arms.insert(arm).second) fresh.push_back(arm);
    }
    if (fresh.empty()) continue;
    CommandLine over = config.command_line;
    over.overrides.insert(over.overrides.end(), config.tune.over.begin(), config.tune.over.end());
    over.multirun = true;
    for (const SweepPoint& point : ExpandSweep(over)) {
      auto one = Load<ExperimentConfig>(point.command_line);
      one.command_line = point.command_line;
      one.axes = point.axes;
      one.arms = fresh;
      one.n = {config.tune.n};
      one.seeds = config.tune.seeds;
      one.first_seed = kFirstTuneSeed;
      one.validation_items = config.tune.validation_items;
      one.evaluation.retained = 0;
      if (one.axes.empty()) throw Error("tune.over: there is nothing to choose from; name a key with several values");
      tried.push_back(std::move(one));
    }
  }
  return tried;
}

Tuned ChooseSettings(const std::vector<std::unique_ptr<Block>>& blocks, const Grid& grid, const RunStore& store,
                     const std::string& command) {
  std::vector<std::pair<std::string, std::vector<Candidate>>> arms;
  std::map<std::string, int64_t> tokens;  // of each set of rows
  std::set<std::string> cells;
  double flops = 0;
  bool higher_is_better = true;
  for (const Row& row : grid.rows) {
    auto arm = std::ranges::find(arms, row.arm, [](const auto& a) { return a.first; });
    if (arm == arms.end()) arm = arms.insert(arm, {row.arm, {}});
    auto candidate = std::ranges::find(arm->second, row.axes, &Candidate::axes);
    if (candidate == arm->second.end()) candidate = arm->second.insert(candidate, {.axes = row.axes});
    if (row.cell.empty() || !store.Done(row.cell)) {
      throw Error(fmt::format("{} with {} is not computed", row.arm, fmt::join(Words(row.axes), " ")));
    }
    const CellResult result = store.ReadWithoutItems(row.cell);
    candidate->score = (candidate->score * candidate->seeds + result.means.score) / (candidate->seeds + 1);
    ++candidate->seeds;
    higher_is_better = result.metric != "bits_per_byte";
    if (!cells.insert(row.cell).second) continue;
    tokens[result.samples_sha256] = result.teacher_tokens;
    flops += result.training_flops;
  }

  const TuneConfig& tune = blocks.front()->config.tune;
  Tuned tuned{.text = fmt::format("N={}, {} seeds from {}, {} validation items\n", tune.n, tune.seeds, kFirstTuneSeed,
                                  tune.validation_items)};
  TunedConfig chosen{
      .validation_items = tune.validation_items, .cells = static_cast<int>(cells.size()), .training_flops = flops};
  for (const auto& [rows, count] : tokens) chosen.teacher_tokens += count;
  for (const auto& [arm, candidates] : arms) {
    const size_t best = Best(candidates, higher_is_better);
    for (size_t i = 0; i < candidates.size(); ++i) {
      tuned.text += fmt::format("  {:<16}{:<50}{:>8.3f}{}\n", i == 0 ? arm : "",
                                fmt::format("{}", fmt::join(Words(candidates[i].axes), " ")), candidates[i].score,
                                i == best ? "  chosen" : "");
    }
    std::vector<std::string> entry = Words(candidates[best].axes);
    const bool at_end =
        candidates.front().axes.size() == 1 && candidates.size() > 1 && (best == 0 || best + 1 == candidates.size());
    if (at_end) {
      tuned.warnings.push_back(
          fmt::format("{}: {} is at the end of what was tried; widen tune.over", arm, entry.front()));
    }
    entry.insert(entry.begin(), arm);
    chosen.overrides.push_back(std::move(entry));
  }
  std::string by = command;
  std::ranges::replace(by, '\n', ' ');
  tuned.toml =
      fmt::format("# Chosen on N={}, seeds {} to {}, {} validation items, by\n# {}\n{}", tune.n, kFirstTuneSeed,
                  kFirstTuneSeed + static_cast<uint64_t>(tune.seeds) - 1, tune.validation_items, by, ToToml(chosen));
  return tuned;
}

}  // namespace retort::lab
