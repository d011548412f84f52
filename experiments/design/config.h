// What an experiment's config file says, and the config of one of its cells. The grid is the main config and its
// blocks: a block is a list of overrides that gives a further grid (another task, other steps), composed as the main
// config is with these overrides put before the command line's. A block that sets a key which the command line sets too
// is left out: you asked for something else than that block describes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/program.h"
#include "core/data/answerer.h"
#include "core/data/cell.h"
#include "core/data/task.h"
#include "experiments/design/launcher_config.h"
#include "student/student.h"
#include "teacher/collector.h"
#include "teacher/make_teacher.h"
#include "teacher/provider/guarded_teacher.h"

namespace retort::lab {

struct EvaluationConfig {
  int held_out = 1000;
  int retained = 200;
  std::string metric = "exact_match";  // or bits_per_byte
  int samples = 1;                     // answers to each held-out item
  int teacher_kl = 0;                  // held-out items on whose given texts student and teacher are compared
  Sampling sampling;                   // greedy; never longer than the task can need
  std::optional<double> smallest_gap;  // of the tables, not of a cell
  std::vector<std::string> also;       // other targets of the task, scored beside: CellResult::extras score_on_<target>
};
void Describe(Describer& d, EvaluationConfig& config);
// Throws Error where several answers are asked for that would all be the same, or none.
void CheckSamples(const EvaluationConfig& config);

// --tune: which settings each arm gets, chosen on items and seeds that no table shows (experiments/lab/tune.h).
struct TuneConfig {
  std::vector<std::string> over = {"student.trainer.learning_rate=0.0003,0.001,0.003,0.01"};
  int n = 32, seeds = 2, validation_items = 100;
};
void Describe(Describer& d, TuneConfig& config);

// What --tune chose, frozen, and what choosing it took.
struct TunedConfig {
  std::vector<std::vector<std::string>> overrides;  // an arm, then what it is given
  int validation_items = 0, samples = 0, cells = 0;
  double training_flops = 0;
  int64_t teacher_tokens = 0;
};
void Describe(Describer& d, TunedConfig& config);

// Sizes and seeds that are added until N50 and N90 are known well enough (experiments/lab/refine.h).
struct RefineConfig {
  int max_cells = 0;  // none is added
  double width = 2;
  int max_seeds = 16;
  int max_n = 0;
};
void Describe(Describer& d, RefineConfig& config);

// What every student learns before the arms part, so that their own answers are worth a judgement
// (experiments/design/warm_start.h).
struct WarmStartConfig {
  int n = 0;
  double learning_rate = 1e-3;  // its own: an arm's settings must not change where it begins
  int max_steps = 200;
  std::vector<std::string> targets;  // that it is about, n shared out equally; empty: the task itself
  std::vector<std::string> drop;     // of these: answers that are not learnt, word for word
};
void Describe(Describer& d, WarmStartConfig& config);

// Answers that are drawn several at a time to be judged or chosen from: a student's own, or the teacher's
// (experiments/arms/judged_arms.h).
struct JudgingConfig {
  int attempts = 4;
  double temperature = 1;
  double accept = 0.5;
};
void Describe(Describer& d, JudgingConfig& config);

// What a provider tries on each student to see whether its teacher taught it (experiments/provider/provenance_probe.h),
// and how its page reads that. Nothing is tried where items, canary_share and draws are 0.
struct ProvenanceConfig {
  int items = 0;
  std::vector<std::string> rivals, others;
  double canary_share = 0;
  int draws = 0;
  int64_t secret = 0;
  // Of the page, not of a cell:
  double alpha = 0.05;
  std::string test, task, arm;  // declared before anything runs
  std::vector<std::string> nulls, calibration;
  int calibration_from = 0;

  bool Tries() const { return items > 0 || canary_share > 0 || draws > 0; }
  // Without what a cell's numbers do not hang on.
  ProvenanceConfig OfCell() const {
    return {.items = items, .rivals = {}, .others = {}, .canary_share = canary_share, .draws = draws, .secret = secret};
  }
};
void Describe(Describer& d, ProvenanceConfig& config);

// The one comparison that is declared before anything runs; no arm: none is.
struct ContrastConfig {
  std::string task, arm, against;
  std::string against_task;  // empty: the same; both may name several groups, joined by " + "
  int n = 0;
};
void Describe(Describer& d, ContrastConfig& config);

struct ExperimentConfig {
  TaskConfig task;
  TeacherConfig teacher;
  PoliciesConfig policies;
  CollectConfig collect;
  StudentConfig student;
  EvaluationConfig evaluation;
  std::string group;  // of its rows in the tables; empty: the task's name
  std::vector<std::string> arms;
  std::vector<int> n;
  int seeds = 4;
  std::vector<std::vector<std::string>> blocks;
  WarmStartConfig warm_start;
  JudgingConfig judging;
  ProvenanceConfig provenance;
  std::string assumptions;  // a file of configs/assumptions, for experiments whose own sections reckon with one
  ContrastConfig contrast;
  std::vector<std::vector<std::string>> compare;  // groups of rows, looked at beside the contrast
  std::vector<std::vector<std::string>> facts;    // that a table of groups shows of them
  RefineConfig refine;
  TuneConfig tune;
  TunedConfig tuned;
  int workers = 2, threads = 1;
  LauncherConfig launcher;
  std::string numerics = "fused";
  bool keep_checkpoints = false;
  std::string runs_dir = "runs";
  std::string output_dir;  // empty: outputs/<experiment>/<date>/<time>
  bool link_runs = true;

  // No options:
  CommandLine command_line;  // that it was loaded from
  Axes axes;                 // which point of a sweep this is
  bool is_tuned = false;     // its arms have settings of `tuned`
  int validation_items = 0;  // of CellConfig
  uint64_t first_seed = 0;
};
void Describe(Describer& d, ExperimentConfig& config);

// All that fixes one cell but its sample rows: config.toml of its run, and what a worker gets.
struct CellConfig {
  std::string arm;
  int n = 0;
  int64_t seed = 0;
  std::string base;  // the folder that student.init.model names for this seed
  TaskConfig task;
  TeacherConfig teacher;
  PoliciesConfig policies;
  CollectConfig collect;
  StudentConfig student;
  EvaluationConfig evaluation;
  ProvenanceConfig provenance;
  std::string numerics = "fused";
  bool in_context = false;   // the rows stand before each question; nothing is trained
  int validation_items = 0;  // so many of the pool's last prompts are answered in place of the held-out items
};
void Describe(Describer& d, CellConfig& config);

// The main config and the blocks that apply, of each point of a sweep in turn, each split where `tuned` gives its arms
// different settings. Throws one Error that lists all problems.
std::vector<ExperimentConfig> LoadBlocks(const CommandLine& command_line);
// Throws Error where the key is one of the run and not of a cell.
void CheckAxis(const std::string& key);

// The teacher, behind the policies. As MakeTeacher.
std::unique_ptr<Teacher> MakeGuardedTeacher(const TeacherConfig& teacher, const PoliciesConfig& policies,
                                            const Task& task, const std::filesystem::path& config_dir);

// The same task with another target: a name on digit folds, a path of a file of prompts.
TaskConfig WithTarget(TaskConfig config, const std::string& target);
// "rules", "add10", or a file's stem: the group of the table.
std::string TaskName(const TaskConfig& config);
// What of a task's options can change a number, as TOML.
std::string TaskToml(const TaskConfig& config);

}  // namespace retort::lab
