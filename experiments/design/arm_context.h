// What an arm may draw its training rows from: the teacher's answers, the student's own as it starts, the teacher's
// verdicts on answers, and the prompts that all of them are about.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/data/sample_set.h"
#include "core/data/task.h"
#include "experiments/design/config.h"
#include "teacher/collector.h"
#include "teacher/make_teacher.h"

namespace retort {
class LocalModel;
}

namespace retort::lab {

class WarmTargets;

// Thrown where rows are wanted that the teacher was not asked for yet, in a context that does not ask.
struct NotAsked : std::exception {
  const char* what() const noexcept override { return "the teacher was not asked for these rows yet"; }
};

class ArmContext {
 public:
  struct Options {
    std::filesystem::path config_dir;
    std::filesystem::path collections;  // folder of all collections
    std::filesystem::path warm_starts;  // and of all warm starts
    std::vector<std::filesystem::path> bases;
    bool ask = true;            // false: only what is collected already; else NotAsked is thrown
    int rows_at_once = 0;       // ask for so many rows when the first are wanted
    bool n_counts_rows = true;  // else `n` of the config limits something else, and says nothing of rows
    std::function<void(uint64_t seed, int done, int total)> progress;  // may be empty
    std::shared_ptr<SharedBudget> budget;                              // of all collections of this run
  };
  // All must outlive the context.
  ArmContext(const ExperimentConfig& config, const Task& task, Teacher& teacher, Options options);
  ~ArmContext();

  const Task& task() const { return task_; }
  const TaskConfig& task_config() const { return config_.task; }
  const JudgingConfig& judging() const { return config_.judging; }
  const ExperimentConfig& config() const { return config_; }
  std::string teacher_name() const { return teacher_.card().name; }
  const std::filesystem::path& config_dir() const { return options_.config_dir; }
  // The first n rows of the seed's pool, answered by the teacher. Only what no earlier run has collected is asked for.
  SampleSet TeacherRows(int n, uint64_t seed);
  // The same of another teacher than the block's. Plan does not count it.
  SampleSet RowsOf(Teacher& teacher, int n, uint64_t seed) const;
  // All `attempts` answers of the teacher to each of the first prompts of the pool, drawn at judging.temperature.
  SampleSet TeacherChoices(int prompts, int attempts, uint64_t seed);
  // The student as it starts: the base of the seed, or its warm start. Made when first wanted; throws NotAsked where
  // nothing may be.
  std::filesystem::path Start(uint64_t seed);
  // Its answers: to each of the first prompts of the pool one as the teacher is asked, or `attempts` drawn at
  // judging.temperature.
  SampleSet StartRows(int prompts, uint64_t seed);
  SampleSet StartChoices(int prompts, int attempts, uint64_t seed);
  // It, to score texts. Until another seed is wanted.
  LocalModel& StartModel(uint64_t seed);
  // Of each answer its mean log-likelihood a token, for the student as it starts.
  std::vector<double> StartLikelihoods(const std::vector<Sample>& answers, uint64_t seed);
  // Prompts at the head of the pool that the warm start has learnt.
  int warm_prompts() const { return warm_targets_ ? 0 : config_.warm_start.n; }

  // The teacher's verdict on each answer, in [0, 1] (experiments/design/verdicts.h); nothing is paid for twice.
  struct Verdict {
    double score = 0;
    bool parsed = false;  // else it is no verdict, and the score is 0
    Usage usage;          // all that the teacher read and wrote for it
  };
  std::vector<Verdict> Verdicts(const std::vector<Sample>& answers, uint64_t seed);

  // What asking for the seed's rows would still take.
  CollectPlan Plan(uint64_t seed) const;
  // The first n prompts of the seed's pool; all of them.
  std::vector<Item> Prompts(int n, uint64_t seed);
  std::vector<Item> Pool(uint64_t seed) const;
  std::vector<Item> HeldOut(uint64_t seed) const;
  // Another block of the same task and teacher wants so many.
  void WillWant(int n) {
    if (options_.n_counts_rows) options_.rows_at_once = std::max(options_.rows_at_once, n);
  }
  bool n_counts_rows() const { return options_.n_counts_rows; }
  const SharedBudget& budget() const { return *options_.budget; }

 private:
  // Who answers, and how it is asked.
  struct Asked {
    Teacher& who;
    CollectConfig config;
    bool paid = true;  // out of the budget
  };
  // `use` gets what Collect wants for the seed.
  void WithJob(const Asked& asked, uint64_t seed, const std::function<void(const CollectJob&)>& use) const;
  SampleSet Rows(const Asked& asked, int n, int at_once, uint64_t seed, std::optional<SampleSet>& known);
  Asked FromStart(uint64_t seed, int attempts, std::optional<double> temperature);

  const ExperimentConfig& config_;
  const Task& task_;
  Teacher& teacher_;
  Options options_;
  std::map<std::pair<uint64_t, std::string>, std::optional<SampleSet>> collected_;  // seed, who was asked and how
  std::map<std::pair<uint64_t, std::string>, Verdict> verdicts_;                    // seed, VerdictName
  std::unique_ptr<WarmTargets> warm_targets_;  // null: the warm start is about the task itself
  std::map<uint64_t, std::filesystem::path> starts_;
  std::map<uint64_t, std::unique_ptr<Teacher>> start_teachers_;
  std::pair<uint64_t, std::unique_ptr<LocalModel>> start_model_;
};

}  // namespace retort::lab
