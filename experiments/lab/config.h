// What an experiment's config file says, and the config of one of its cells. The grid is the main config and its
// blocks: a block is a list of overrides that gives a further grid (another task, other steps), composed as the main
// config is with these overrides put before the command line's. A block that sets a key which the command line sets too
// is left out: you asked for something else than that block describes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/program.h"
#include "core/data/answerer.h"
#include "core/data/cell.h"
#include "core/data/task.h"
#include "experiments/lab/launcher_config.h"
#include "student/student.h"
#include "teacher/collector.h"
#include "teacher/make_teacher.h"

namespace retort::lab {

struct EvaluationConfig {
  int held_out = 1000;
  int retained = 200;
  std::string metric = "exact_match";  // or bits_per_byte
  Sampling sampling;                   // greedy; never longer than the task can need
  std::optional<double> smallest_gap;  // of the tables, not of a cell
};
void Describe(Describer& d, EvaluationConfig& config);

struct ExperimentConfig {
  TaskConfig task;
  TeacherConfig teacher;
  CollectConfig collect;
  StudentConfig student;
  EvaluationConfig evaluation;
  std::vector<std::string> arms;
  std::vector<int> n;
  int seeds = 4;
  std::vector<std::vector<std::string>> blocks;
  int workers = 2, threads = 1;
  LauncherConfig launcher;
  std::string numerics = "fused";
  bool keep_checkpoints = false;
  std::string runs_dir = "runs";
  std::string output_dir;  // empty: outputs/<experiment>/<date>/<time>

  Axes axes;  // no option: which point of a sweep this is
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
  CollectConfig collect;
  StudentConfig student;
  EvaluationConfig evaluation;
  std::string numerics = "fused";
};
void Describe(Describer& d, CellConfig& config);

// The main config and the blocks that apply, of each point of a sweep in turn. Throws one Error that lists all
// problems.
std::vector<ExperimentConfig> LoadBlocks(const CommandLine& command_line);

// "rules", "add10", or a file's stem: the group of the table.
std::string TaskName(const TaskConfig& config);

}  // namespace retort::lab
