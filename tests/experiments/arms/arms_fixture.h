// What tests of arms stand on: one operation's pool of prompts, a teacher, a shipped base.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "experiments/design/arm_context.h"
#include "experiments/design/config.h"
#include "teacher/teacher.h"

namespace retort::lab {

class ArmsTest : public ::testing::Test {
 protected:
  explicit ArmsTest(const std::string& target = "big") {
    config_.task = FoldsConfig{.target = target};
    config_.evaluation.held_out = 40;
    config_.student.init.model = {base_};
  }

  // What `config_` says now, anew at each call. ask, n_counts_rows: as in ArmContext::Options.
  ArmContext& OpenWith(Teacher& teacher, bool ask = true, bool n_counts_rows = true) {
    task_ = MakeTask(config_.task);
    context_ =
        std::make_unique<ArmContext>(config_, *task_, teacher,
                                     ArmContext::Options{.config_dir = RETORT_SOURCE_DIR "/configs",
                                                         .collections = dir_.path() / "collections",
                                                         .warm_starts = dir_.path() / "warm",
                                                         .bases = {base_},
                                                         .ask = ask,
                                                         .n_counts_rows = n_counts_rows,
                                                         .budget = std::make_shared<SharedBudget>(BudgetConfig{})});
    return *context_;
  }
  // With a teacher who is always right, once.
  ArmContext& Context() {
    if (!context_) {
      oracle_task_ = MakeTask(config_.task);
      oracle_ = MakeOracleTeacher(*oracle_task_);
      OpenWith(*oracle_);
    }
    return *context_;
  }

  static double Measure(const SampleSet& set, std::string_view name) {
    return set.manifest.measures.at(std::string(name));
  }

  const std::string base_ = RETORT_SOURCE_DIR "/configs/models/folds-base-0";
  TempDir dir_;
  ExperimentConfig config_;
  std::unique_ptr<Task> task_, oracle_task_;
  std::unique_ptr<Teacher> oracle_;
  std::unique_ptr<ArmContext> context_;
};

}  // namespace retort::lab
