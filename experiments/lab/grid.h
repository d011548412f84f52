// From blocks to work: every row of the table, and every cell that must be computed for it, named by what fixes its
// numbers. Rows that are fixed by the same things share a cell.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/data/sample_set.h"
#include "core/data/task.h"
#include "experiments/lab/arm_context.h"
#include "experiments/lab/config.h"
#include "experiments/lab/experiment.h"
#include "teacher/make_teacher.h"

namespace retort::lab {

// A block with its task and teacher made, and all names in it found.
struct Block {
  ExperimentConfig config;
  std::string task_name;
  std::unique_ptr<Task> task;
  std::unique_ptr<Teacher> teacher;
  std::vector<std::filesystem::path> bases;  // of student.init.model
  std::vector<const Arm*> arms;
  std::unique_ptr<ArmContext> context;
};

// Throws one Error that lists all problems: unknown arms, missing models, tasks that cannot be made, blocks that give
// one row two meanings. Nothing is asked of a teacher.
using CollectProgress = std::function<void(const std::string& task, uint64_t seed, int done, int total)>;
std::vector<std::unique_ptr<Block>> OpenBlocks(std::vector<ExperimentConfig> configs, const Experiment& experiment,
                                               const std::filesystem::path& config_dir,
                                               const std::filesystem::path& collections,
                                               const CollectProgress& progress, bool ask = true);

struct Row {  // of the table
  std::string task, arm, target;
  int n = 0;
  uint64_t seed = 0;
  std::string cell;  // hash
};

struct Cell {
  std::string hash;
  CellConfig config;
  std::string label;  // "rules N=16", for progress and messages
  std::string samples_sha256;
  std::function<SampleSet()> samples;  // empty for n = 0
  bool shows_steps = true;             // of the arm
  double cost = 0;                     // in sequences, roughly: to start long cells first
};

struct Grid {
  std::vector<Row> rows;
  std::map<std::string, Cell> cells;
};

// Asks teachers for what is missing.
Grid MakeGrid(const std::vector<std::unique_ptr<Block>>& blocks);

// sha256 over all that can change a number of the cell. `base_identity` is HashCheckpoint of the base; of a
// teacher_model cell the teacher's identity.
std::string CellHash(const CellConfig& config, const Task& task, const std::string& base_identity,
                     const std::string& samples_sha256);
// The identity that CellHash wants, from the files that the config names.
std::string BaseIdentity(const CellConfig& config, const Task& task);

}  // namespace retort::lab
