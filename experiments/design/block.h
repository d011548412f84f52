// Blocks as they are run: each config with its task, teacher, models and arms found and held against each other. Every
// problem of all blocks is reported at once, before anything is asked or computed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/data/task.h"
#include "experiments/design/arm_context.h"
#include "experiments/design/config.h"
#include "experiments/design/experiment.h"
#include "teacher/teacher.h"

namespace retort::lab {

// What the grid of an arm got beyond its config.
struct Growth {
  std::set<int> n;
  int seeds = 0;  // in all
};

// A block with its task and teacher made, and all names in it found.
struct Block {
  ExperimentConfig config;
  std::string task_name;
  std::shared_ptr<Task> task;  // blocks of the same settings share task, teacher and context
  std::shared_ptr<Teacher> teacher;
  std::vector<std::filesystem::path> bases;  // of student.init.model
  std::vector<const Arm*> arms;
  std::shared_ptr<ArmContext> context;
  std::map<std::string, Growth> grown;  // by arm

  std::vector<int> Sizes(const std::string& arm) const;  // rising
  std::vector<uint64_t> Seeds(const std::string& arm) const;
  // Whether its students start from the warm start; null: whether N = 0 shows that.
  bool StartsWarm(const Arm* arm) const;
};

// Throws one Error that lists all problems: unknown arms, missing models, tasks that cannot be made, blocks that give
// one row two meanings. Nothing is asked of a teacher.
struct OpenOptions {
  std::filesystem::path config_dir, collections, warm_starts;
  bool ask = true;  // false: teachers are not asked for what is missing
  std::function<void(const std::string& task, uint64_t seed, int done, int total)> progress;  // may be empty
};
std::vector<std::unique_ptr<Block>> OpenBlocks(std::vector<ExperimentConfig> configs, const Experiment& experiment,
                                               const OpenOptions& options);

}  // namespace retort::lab
