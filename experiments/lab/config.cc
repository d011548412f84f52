// See the header. Errors of all blocks are gathered, so that a user sees them at once.
#include "experiments/lab/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/base/numerics.h"

namespace retort::lab {
namespace {

// "task" and "task.target" meet: a group that is chosen anew takes its keys with it.
bool Meet(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && (a.size() == b.size() || b[a.size()] == '.');
}

bool IsLeftOut(const std::vector<std::string>& block, const CommandLine& command_line) {
  const std::vector<std::string> asked = OverriddenKeys(command_line.overrides);
  return std::ranges::any_of(OverriddenKeys(block), [&](const std::string& ours) {
    return std::ranges::any_of(asked, [&](const std::string& theirs) { return Meet(ours, theirs); });
  });
}

// What a run has once, whatever it computes.
void CheckAxis(const std::string& key) {
  constexpr std::array kOfTheRun = {"blocks",   "keep_checkpoints", "launcher", "numerics",
                                    "runs_dir", "output_dir",       "threads",  "workers"};
  const std::string first = key.substr(0, key.find('.'));
  if (std::ranges::find(kOfTheRun, first) == kOfTheRun.end()) return;
  throw Error({.file = "command line", .place = "key " + key}, "cannot be swept: it belongs to the run, not to a cell",
              "give one value, or start a command for each");
}

// "" without a sweep, else a prefix for messages.
std::string PointName(const SweepPoint& point) {
  std::vector<std::string> words;
  for (const auto& [key, value] : point.axes) words.push_back(fmt::format("{}={}", key, value));
  return words.empty() ? "" : fmt::format("with {}: ", fmt::join(words, " "));
}

template <class F>
bool Try(std::vector<std::string>& problems, const std::string& prefix, const F& f) {
  try {
    f();
    return true;
  } catch (const Error& error) {
    problems.push_back(prefix + error.what());
    return false;
  }
}

}  // namespace

void Describe(Describer& d, EvaluationConfig& config) {
  d.Field("held_out", config.held_out, {.help = "held-out items", .unit = "items", .min = 1, .max = 1e7});
  d.Field("retained", config.retained,
          {.help = "items of old skills, to see what fine-tuning destroys", .unit = "items", .min = 0, .max = 1e7});
  d.Field("metric", config.metric,
          {.help = "exact_match of a greedy answer, or bits_per_byte of the reference solution (lower is better)",
           .choices = {"exact_match", "bits_per_byte"}});
  d.Group("sampling", config.sampling, "how held-out items are answered; never longer than the task can need");
  d.Field(
      "smallest_gap", config.smallest_gap,
      {.help = "a gap between base and teacher below this is none; default .10 for a rate, else 10 % of the teacher's",
       .min = 0,
       .numerics = false});
}

void Describe(Describer& d, ExperimentConfig& config) {
  d.OneOf("task", config.task, kTaskKinds, "what is learnt");
  d.OneOf("teacher", config.teacher, kTeacherKinds, "who teaches");
  d.Group("collect", config.collect, "how the teacher is asked");
  DescribePricesAndCard(d, config.collect);
  d.Group("student", config.student, "who learns, and how");
  d.Group("evaluation", config.evaluation, "what every cell is measured by");
  d.Field("arms", config.arms, {.help = "kinds of training rows to compare"});
  d.Field("n", config.n, {.help = "sizes of the training sets", .unit = "samples", .min = 1, .max = 1e8});
  d.Field("seeds", config.seeds, {.help = "runs of each cell: seeds 0, 1, ...", .min = 1, .max = 10000});
  d.Field("blocks", config.blocks,
          {.help = "further grids, each a list of overrides; left out where the command line sets one of its keys",
           .numerics = false});
  d.Field("workers", config.workers,
          {.help = "cells computed side by side", .unit = "processes", .min = 1, .max = 1024, .numerics = false});
  d.Field("threads", config.threads, {.help = "of each worker", .min = 1, .max = 1024, .numerics = false});
  d.OneOf("launcher", config.launcher, kLauncherKinds, "where cells are computed");
  DescribeNumerics(d, config.numerics);
  d.Field("keep_checkpoints", config.keep_checkpoints,
          {.help = "keep the student of each cell computed from now on, as runs/<cell>/model", .numerics = false});
  d.Field("runs_dir", config.runs_dir, {.help = "where finished cells are kept and looked for", .numerics = false});
  d.Field("output_dir", config.output_dir,
          {.help = "where tables and page go; empty: outputs/<experiment>/<date>/<time>", .numerics = false});
}

void Describe(Describer& d, CellConfig& config) {
  d.Field("arm", config.arm, {.help = "kind of training rows"});
  d.Field("n", config.n, {.help = "training rows", .unit = "samples", .min = 0});
  d.Field("seed", config.seed, {.help = "of pool, order and target"});
  d.Field("base", config.base, {.help = "checkpoint that the student starts from", .numerics = false});
  d.OneOf("task", config.task, kTaskKinds, "what is learnt");
  d.OneOf("teacher", config.teacher, kTeacherKinds, "who teaches");
  d.Group("collect", config.collect, "how the teacher is asked");
  DescribePricesAndCard(d, config.collect);
  d.Group("student", config.student, "who learns, and how");
  d.Group("evaluation", config.evaluation, "what every cell is measured by");
  DescribeNumerics(d, config.numerics);
}

std::vector<ExperimentConfig> LoadBlocks(const CommandLine& command_line) {
  const std::vector<SweepPoint> points = ExpandSweep(command_line);
  for (const auto& [key, value] : points.front().axes) CheckAxis(key);
  // Problems of the first point's main config are those of every block and most points: they are reported alone.
  std::vector<ExperimentConfig> configs = {Load<ExperimentConfig>(points.front().command_line)};
  const std::string numerics = configs.front().numerics;
  configs.clear();
  std::vector<std::string> problems;
  for (const SweepPoint& point : points) {
    ExperimentConfig main;
    const bool loaded = Try(problems, PointName(point), [&] {
      main = Load<ExperimentConfig>(point.command_line);
      main.axes = point.axes;
      configs.push_back(main);
    });
    for (size_t i = 0; loaded && i < main.blocks.size(); ++i) {
      const std::vector<std::string>& block = main.blocks[i];
      Try(problems, fmt::format("{}blocks[{}] {}: ", PointName(point), i, block), [&] {
        if (IsLeftOut(block, point.command_line)) return;
        CommandLine with_block = point.command_line;
        with_block.overrides.insert(with_block.overrides.begin(), block.begin(), block.end());
        auto config = Load<ExperimentConfig>(with_block);
        if (config.numerics != numerics) throw Error("numerics is one for all blocks: set it in the main config");
        config.axes = point.axes;
        configs.push_back(std::move(config));
      });
    }
  }
  if (!problems.empty()) throw Error(fmt::format("{}", fmt::join(problems, "\n")));
  return configs;
}

std::string TaskName(const TaskConfig& config) {
  if (const auto* folds = std::get_if<FoldsConfig>(&config)) return folds->target;
  return std::filesystem::path(std::get<JsonlConfig>(config).path).stem().string();
}

}  // namespace retort::lab
