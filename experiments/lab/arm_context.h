// What an arm may draw its training rows from: the teacher's answers, and the prompts that they answer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/data/sample_set.h"
#include "core/data/task.h"
#include "experiments/lab/config.h"
#include "teacher/collector.h"
#include "teacher/make_teacher.h"

namespace retort::lab {

class ArmContext {
 public:
  struct Options {
    std::filesystem::path config_dir;
    std::filesystem::path collections;                                 // folder of all collections
    int rows_at_once = 0;                                              // ask for so many rows when the first are wanted
    std::function<void(uint64_t seed, int done, int total)> progress;  // may be empty
    std::shared_ptr<SharedBudget> budget;                              // of all collections of this run
    bool ask = true;                                                   // false: rows to be asked for are an Error
  };
  // All must outlive the context.
  ArmContext(const ExperimentConfig& config, const Task& task, Teacher& teacher, Options options);

  const Task& task() const { return task_; }
  const TaskConfig& task_config() const { return config_.task; }
  const std::filesystem::path& config_dir() const { return options_.config_dir; }
  // The first n rows of the seed's pool, answered by the teacher. Only what no earlier run has collected is asked for.
  SampleSet TeacherRows(int n, uint64_t seed);
  // The first n prompts of the seed's pool.
  std::vector<Item> Prompts(int n, uint64_t seed);
  std::vector<Item> HeldOut(uint64_t seed) const;
  const SharedBudget& budget() const { return *options_.budget; }

 private:
  const ExperimentConfig& config_;
  const Task& task_;
  Teacher& teacher_;
  Options options_;
  std::map<uint64_t, SampleSet> collected_;
};

}  // namespace retort::lab
