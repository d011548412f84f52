// See the header. Errors of all blocks are gathered, so that a user sees them at once.
#include "experiments/design/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/config/toml_text.h"
#include "core/lm/numerics_option.h"

namespace retort::lab {
namespace {

// "task" and "task.target" meet: a group that is chosen anew takes its keys with it.
bool Meet(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && (a.size() == b.size() || b[a.size()] == '.');
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

// Whether `asked` sets one of the keys of `overrides`, or all or a part of it.
bool SetsOneOf(const std::vector<std::string>& asked, const std::vector<std::string>& overrides) {
  const std::vector<std::string> keys = OverriddenKeys(asked);
  return std::ranges::any_of(OverriddenKeys(overrides), [&](const std::string& ours) {
    return std::ranges::any_of(keys, [&](const std::string& theirs) { return Meet(ours, theirs); });
  });
}

// The arms of `config`, in groups that get the same settings of `tuned`. What the command line or the block sets stays.
std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> TunedArms(const ExperimentConfig& config,
                                                                                     const CommandLine& command_line) {
  if (config.arms.empty()) return {{}};  // told later, with what else is wrong
  std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> groups;  // overrides, arms
  for (const std::string& arm : config.arms) {
    std::vector<std::string> overrides;
    for (const std::vector<std::string>& entry : config.tuned.overrides) {
      if (entry.empty() || entry.front() != arm) continue;
      const std::vector<std::string> given(entry.begin() + 1, entry.end());
      if (!SetsOneOf(command_line.overrides, given)) overrides.insert(overrides.end(), given.begin(), given.end());
    }
    auto group = std::ranges::find(groups, overrides, [](const auto& g) { return g.first; });
    if (group == groups.end()) group = groups.insert(group, {overrides, {}});
    group->second.push_back(arm);
  }
  return groups;
}

// Before those of the command line, which has the last word.
CommandLine WithOverrides(CommandLine command_line, const std::vector<std::string>& overrides) {
  command_line.overrides.insert(command_line.overrides.begin(), overrides.begin(), overrides.end());
  return command_line;
}

// What `command_line` says, once for each group of arms.
void AddConfigs(const ExperimentConfig& whole, const CommandLine& command_line, const Axes& axes,
                std::vector<ExperimentConfig>& configs) {
  for (const auto& [overrides, arms] : TunedArms(whole, command_line)) {
    CommandLine tuned = WithOverrides(command_line, overrides);
    auto config = overrides.empty() ? whole : Load<ExperimentConfig>(tuned);
    config.arms = arms;
    config.command_line = std::move(tuned);
    config.axes = axes;
    config.is_tuned = !overrides.empty();
    configs.push_back(std::move(config));
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
  // One answer is written by leaving it out: a run's hash is that of the time when there was no such option.
  std::optional<int> samples;
  if (config.samples > 1) samples = config.samples;
  d.Field("samples", samples,
          {.help = "answers to each held-out item, which needs sampling.temperature > 0: the score is their mean, and "
                   "pass@k and maj@k stand beside it; default 1",
           .unit = "answers",
           .min = 1,
           .max = kMaxSamples});
  config.samples = samples.value_or(1);
  std::optional<int> teacher_kl;  // left out where it is none, for the same reason
  if (config.teacher_kl > 0) teacher_kl = config.teacher_kl;
  d.Field("teacher_kl", teacher_kl,
          {.help = "held-out items on whose reference solutions KL(teacher || student) is measured, for a local "
                   "teacher of the student's tokens; default 0: not",
           .unit = "items",
           .min = 0,
           .max = 1e7});
  config.teacher_kl = teacher_kl.value_or(0);
  d.Group("sampling", config.sampling, "how held-out items are answered; never longer than the task can need");
  d.Field(
      "smallest_gap", config.smallest_gap,
      {.help = "a gap between base and teacher below this is none; default .10 for a rate, else 10 % of the teacher's",
       .min = 0,
       .numerics = false});
  // Part of a cell's name where it is given (CellIdentity): cells of the time before it keep theirs.
  d.Field("also", config.also,
          {.help = "further targets of the task to score every student on, by as many items as `retained` says: what "
                   "else it can do",
           .numerics = false});
}

void CheckSamples(const EvaluationConfig& config) {
  if (config.samples == 1) return;
  const Where where{.place = fmt::format("evaluation.samples={}", config.samples)};
  if (config.metric == "bits_per_byte") {
    throw Error(where, "evaluation.metric=bits_per_byte asks for no answers", "leave one of the two out");
  }
  if (config.sampling.temperature == 0) {
    throw Error(where, "greedy answers are all the same",
                "set evaluation.sampling.temperature=0.7, or another above 0");
  }
}

void Describe(Describer& d, RefineConfig& config) {
  d.Field("max_cells", config.max_cells,
          {.help = "cells to add at most after the grid, to narrow N50 and N90; 0: none",
           .unit = "cells",
           .min = 0,
           .max = 1e6,
           .numerics = false});
  d.Field("width", config.width,
          {.help = "how far the sizes around N50 and N90, and the ends of their intervals, may lie apart",
           .unit = "factor",
           .min = 1.01,
           .max = 1000,
           .numerics = false});
  d.Field("max_seeds", config.max_seeds,
          {.help = "seeds are added up to so many", .min = 1, .max = 10000, .numerics = false});
  d.Field("max_n", config.max_n,
          {.help = "sizes beyond the grid's largest are tried up to this one; 0: none",
           .unit = "samples",
           .min = 0,
           .max = 1e8,
           .numerics = false});
}

void Describe(Describer& d, TuneConfig& config) {
  d.Field("over", config.over, {.help = "the settings to try, as words of a sweep", .numerics = false});
  d.Field("n", config.n, {.help = "of each student that is tried", .unit = "samples", .min = 1, .numerics = false});
  d.Field("seeds", config.seeds, {.help = "that no table shows: 10008, 10009, ...", .min = 1, .numerics = false});
  d.Field("validation_items", config.validation_items,
          {.help = "prompts from the end of the pool that students are compared on; they are charged to N",
           .unit = "items",
           .min = 1,
           .max = 1e6,
           .numerics = false});
}

void Describe(Describer& d, TunedConfig& config) {
  d.Field("overrides", config.overrides,
          {.help = "settings of single arms, each a list: the arm, then overrides; one is left out where the command "
                   "line or a block sets its key",
           .numerics = false});
  d.Field("validation_items", config.validation_items,
          {.help = "that the choice took for each arm", .unit = "items", .min = 0, .numerics = false});
  d.Field("samples", config.samples,
          {.help = "that each arm's students were trained on", .unit = "samples", .min = 0, .numerics = false});
  d.Field("cells", config.cells, {.help = "that the choice took", .min = 0, .numerics = false});
  d.Field("training_flops", config.training_flops,
          {.help = "that the choice took", .unit = "FLOPs", .min = 0, .numerics = false});
  d.Field("teacher_tokens", config.teacher_tokens,
          {.help = "that the choice took", .unit = "tokens", .min = 0, .numerics = false});
}

void Describe(Describer& d, WarmStartConfig& config) {
  d.Field("n", config.n,
          {.help = "samples of the teacher that every student learns before the arms part; the same for all arms, and "
                   "counted in none",
           .unit = "samples",
           .min = 0,
           .max = 1e8});
  d.Field("learning_rate", config.learning_rate,
          {.help = "of that; the rest is as student.trainer says", .min = 0, .max = 10});
  d.Field("max_steps", config.max_steps, {.help = "of that", .unit = "steps", .min = 1, .max = 1e9});
  d.Field("targets", config.targets,
          {.help = "other targets of the task that it is about, n shared out equally; empty: the task itself"});
  d.Field("drop", config.drop, {.help = "answers on these targets that are not learnt, word for word: a refusal"});
}

void Describe(Describer& d, JudgingConfig& config) {
  d.Field("attempts", config.attempts,
          {.help = "answers drawn for a prompt, where an arm chooses among several", .min = 1, .max = 1000});
  d.Field("temperature", config.temperature, {.help = "that they are drawn at", .min = 0, .max = 100});
  d.Field("accept", config.accept,
          {.help = "an answer is accepted from this verdict on: the probability of a yes, or a score's place between 1 "
                   "and 10",
           .min = 0,
           .max = 1});
}

void Describe(Describer& d, ProvenanceConfig& config) {
  d.Field(
      "items", config.items,
      {.help = "held-out prompts whose answers by the teacher and by others are compared under each student; 0: none",
       .unit = "items",
       .min = 0,
       .max = 1e6});
  d.Field("rivals", config.rivals,
          {.help = "models whose answers to them the provider has beside its own and the reference solutions"});
  d.Field("canary_share", config.canary_share,
          {.help = "share of prompts that the provider answers with a secret; 0: none", .min = 0, .max = 1});
  d.Field("draws", config.draws,
          {.help = "answers drawn from each student, in which the watermark is looked for; 0: none",
           .unit = "answers",
           .min = 0,
           .max = 1e6});
  d.Field("secret", config.secret, {.help = "what the keys of watermark and canaries are drawn from, one a seed"});
  d.Field("others", config.others, {.help = "models that teach the arms other_a, other_b, ... and mixed_*"});
  d.Field("alpha", config.alpha, {.help = "a student is flagged from this p value down", .min = 0, .max = 1});
  d.Field("test", config.test,
          {.help = "of the declared detection; empty: none is declared",
           .choices = {"", "likelihood", "canaries", "watermark"}});
  d.Field("task", config.task, {.help = "its group of rows; empty: the first"});
  d.Field("arm", config.arm, {.help = "its arm of taught students"});
  d.Field("nulls", config.nulls, {.help = "arms whose students the teacher did not teach"});
  d.Field("calibration", config.calibration,
          {.help = "those of them that the threshold of the likelihood is taken from; no rate counts these students"});
  d.Field("calibration_from", config.calibration_from,
          {.help = "of these, the seeds from this one on", .min = 0, .max = 1e6});
}

void Describe(Describer& d, ContrastConfig& config) {
  d.Field("task", config.task, {.help = "as the tables name it; empty: the first", .numerics = false});
  d.Field("arm", config.arm, {.help = "empty: no contrast is declared", .numerics = false});
  d.Field("against", config.against,
          {.help = "another arm; where against_task is given, it may be the same", .numerics = false});
  d.Field("against_task", config.against_task,
          {.help = "another group of rows that `against` is taken from, paired by seed and item, at one n; here and in "
                   "`task`, \"a + b\" is the mean of two groups; empty: the same",
           .numerics = false});
  d.Field("n", config.n,
          {.help = "compare scores at this N; 0: the curves, by the difference of log2 N50",
           .min = 0,
           .max = 1e9,
           .numerics = false});
}

void Describe(Describer& d, ExperimentConfig& config) {
  d.OneOf("task", config.task, kTaskKinds, "what is learnt");
  d.OneOf("teacher", config.teacher, kTeacherKinds, "who teaches");
  d.Group("policies", config.policies, "what the teacher's provider puts between it and who asks");
  d.Group("collect", config.collect, "how the teacher is asked");
  DescribePricesAndCard(d, config.collect);
  d.Group("student", config.student, "who learns, and how");
  d.Group("evaluation", config.evaluation, "what every cell is measured by");
  d.Field("group", config.group,
          {.help = "name of a block's rows in the tables, where its teacher or its base is another one: base, teacher "
                   "and gap are each group's own; empty: the task's name",
           .numerics = false});
  d.Field("arms", config.arms, {.help = "kinds of training rows to compare"});
  d.Field("n", config.n, {.help = "sizes of the training sets", .unit = "samples", .min = 1, .max = 1e8});
  d.Field("seeds", config.seeds, {.help = "runs of each cell: seeds 0, 1, ...", .min = 1, .max = 10000});
  d.Field("blocks", config.blocks,
          {.help = "further grids, each a list of overrides; left out where the command line sets one of its keys",
           .numerics = false});
  d.Group("warm_start", config.warm_start, "what every student learns first");
  d.Group("judging", config.judging, "answers drawn to be judged, for arms that do so");
  d.Group("provenance", config.provenance, "what a provider tries on each student, for the experiment of that name");
  d.Field("assumptions", config.assumptions,
          {.help = "the register of configs/assumptions that an experiment's own sections reckon with; empty: none",
           .numerics = false});
  d.Group("contrast", config.contrast, "the comparison that is declared before anything runs");
  d.Field("compare", config.compare,
          {.help = "groups of rows to be compared at each n, paired by seed and item, each a list: a name, groups, and "
                   "groups to compare with; \"a + b\" is the mean of two groups",
           .numerics = false});
  d.Field(
      "facts", config.facts,
      {.help = "what a table of groups shows of them beside what was measured, each a list: a group, a name, a number",
       .numerics = false});
  d.Group("refine", config.refine, "cells added by a rule until N50 and N90 are known well enough");
  d.Group("tune", config.tune, "how --tune chooses settings of each arm");
  d.Group("tuned", config.tuned, "what it chose");
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
  d.Field("link_runs", config.link_runs,
          {.help = "the page leads to its runs' files in runs_dir; false: for a page that goes where they do not",
           .numerics = false});
}

void Describe(Describer& d, CellConfig& config) {
  d.Field("arm", config.arm, {.help = "kind of training rows"});
  d.Field("n", config.n, {.help = "training rows", .unit = "samples", .min = 0});
  d.Field("seed", config.seed, {.help = "of pool, order and target"});
  d.Field("base", config.base, {.help = "checkpoint that the student starts from", .numerics = false});
  d.OneOf("task", config.task, kTaskKinds, "what is learnt");
  d.OneOf("teacher", config.teacher, kTeacherKinds, "who teaches");
  d.Group("policies", config.policies, "what the teacher's provider puts between it and who asks");
  d.Group("collect", config.collect, "how the teacher is asked");
  DescribePricesAndCard(d, config.collect);
  d.Group("student", config.student, "who learns, and how");
  d.Group("evaluation", config.evaluation, "what every cell is measured by");
  d.Group("provenance", config.provenance, "what a provider tries on the student");
  DescribeNumerics(d, config.numerics);
  d.Field("in_context", config.in_context, {.help = "the rows stand before each question; nothing is trained"});
  d.Field("validation_items", config.validation_items,
          {.help = "prompts of the pool's end that are answered in place of the held-out items", .min = 0});
}

std::vector<ExperimentConfig> LoadBlocks(const CommandLine& command_line) {
  const std::vector<SweepPoint> points = ExpandSweep(command_line);
  for (const auto& [key, value] : points.front().axes) CheckAxis(key);
  // Problems of the first point's main config are those of every block and most points: they are reported alone.
  const std::string numerics = Load<ExperimentConfig>(points.front().command_line).numerics;
  std::vector<ExperimentConfig> configs;
  std::vector<std::string> problems;
  for (const SweepPoint& point : points) {
    ExperimentConfig main;
    if (!Try(problems, PointName(point), [&] { main = Load<ExperimentConfig>(point.command_line); })) continue;
    Try(problems,
        PointName(point) + "tuned.overrides: ", [&] { AddConfigs(main, point.command_line, point.axes, configs); });
    for (size_t i = 0; i < main.blocks.size(); ++i) {
      const std::vector<std::string>& block = main.blocks[i];
      Try(problems, fmt::format("{}blocks[{}] {}: ", PointName(point), i, block), [&] {
        if (SetsOneOf(point.command_line.overrides, block)) return;
        const CommandLine with_block = WithOverrides(point.command_line, block);
        const auto config = Load<ExperimentConfig>(with_block);
        if (config.numerics != numerics) throw Error("numerics is one for all blocks: set it in the main config");
        AddConfigs(config, with_block, point.axes, configs);
      });
    }
  }
  if (!problems.empty()) throw Error(fmt::format("{}", fmt::join(problems, "\n")));
  return configs;
}

void CheckAxis(const std::string& key) {
  constexpr std::array kOfTheRun = {"blocks",     "compare",  "contrast", "facts",  "keep_checkpoints",
                                    "link_runs",  "launcher", "numerics", "refine", "runs_dir",
                                    "output_dir", "threads",  "tune",     "workers"};
  const std::string first = key.substr(0, key.find('.'));
  if (std::ranges::find(kOfTheRun, first) == kOfTheRun.end()) return;
  throw Error({.file = "command line", .place = "key " + key}, "cannot be swept: it belongs to the run, not to a cell",
              "give one value, or start a command for each");
}

std::unique_ptr<Teacher> MakeGuardedTeacher(const TeacherConfig& teacher, const PoliciesConfig& policies,
                                            const Task& task, const std::filesystem::path& config_dir) {
  return Guard(MakeTeacher(teacher, task, config_dir), policies);
}

TaskConfig WithTarget(TaskConfig config, const std::string& target) {
  if (auto* folds = std::get_if<FoldsConfig>(&config)) {
    folds->target = target;
  } else if (auto* jsonl = std::get_if<JsonlConfig>(&config)) {
    jsonl->path = target;
  } else {
    throw Error(fmt::format("task.kind={} has no targets to choose from; {} cannot be one", kTaskKinds[config.index()],
                            Excerpt(target)));
  }
  return config;
}

std::string TaskName(const TaskConfig& config) {
  if (const auto* folds = std::get_if<FoldsConfig>(&config)) return folds->target;
  if (const auto* jsonl = std::get_if<JsonlConfig>(&config)) return std::filesystem::path(jsonl->path).stem().string();
  return std::string(kTaskKinds[config.index()]);
}

std::string TaskToml(const TaskConfig& config) {
  TaskConfig copy = config;
  return NumericsToml(DescribeFn([&](Describer& d) { d.OneOf("task", copy, kTaskKinds, ""); }));
}

}  // namespace retort::lab
