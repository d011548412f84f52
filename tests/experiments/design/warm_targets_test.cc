// A warm start on other targets: what is asked, what is left out, and what is refused before anything is.
#include "experiments/design/warm_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/data/folds.h"

namespace retort::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class WarmTargetsTest : public ::testing::Test {
 protected:
  WarmTargetsTest() {
    config_.task = FoldsConfig{.target = "mix10"};
    config_.teacher = OracleTeacherConfig{};
    config_.evaluation.held_out = 40;
    config_.warm_start = {.n = 24, .targets = {"add10", "mix10"}};
    config_.policies.use = {};
    config_.policies.filter = {.skills = {"mix10"}, .answer = "no"};
  }

  ArmContext::Options Options(bool ask = true) {
    return {.config_dir = RETORT_SOURCE_DIR "/configs",
            .collections = dir_.path() / "collections",
            .warm_starts = dir_.path() / "warm",
            .bases = {RETORT_SOURCE_DIR "/configs/models/folds-base-0"},
            .ask = ask,
            .budget = std::make_shared<SharedBudget>(BudgetConfig{})};
  }
  SampleSet Rows(uint64_t seed = 1, bool ask = true) { return WarmTargets(config_, Options(ask)).Rows(seed); }

  static std::map<std::string, int> Count(const SampleSet& rows, const std::string& answer = "") {
    std::map<std::string, int> count;
    for (const Sample& sample : rows.samples) {
      if (answer.empty() || Text(sample.completion) == answer) ++count[ParseFoldPrompt(Text(sample.prompt))->op];
    }
    return count;
  }

  TempDir dir_;
  ExperimentConfig config_;
};

TEST_F(WarmTargetsTest, AreAskedInEqualParts) {
  const SampleSet rows = Rows();
  EXPECT_EQ(Count(rows), (std::map<std::string, int>{{"add10", 12}, {"mix10", 12}}));
  EXPECT_EQ(rows.manifest.samples_sha256, HashSamples(rows.samples));
  EXPECT_THAT(rows.manifest.teacher.name, HasSubstr("asked for add10, mix10"));
  EXPECT_NE(HashSamples(Rows(2).samples), rows.manifest.samples_sha256);
}

TEST_F(WarmTargetsTest, AFiltersRefusalsAreLearntOrLeftOut) {
  config_.policies.use = {"filter"};
  EXPECT_EQ(Count(Rows(), "no"), (std::map<std::string, int>{{"mix10", 12}}));
  const SampleSet all = Rows();
  config_.warm_start.drop = {"no"};
  const SampleSet kept = Rows();
  EXPECT_EQ(Count(kept), (std::map<std::string, int>{{"add10", 12}}));
  for (size_t i = 0; i < kept.samples.size(); ++i) EXPECT_EQ(kept.samples[i], all.samples[i]);
  EXPECT_EQ(kept.manifest.counts.at("dropped.mix10"), 12);
  EXPECT_EQ(kept.manifest.counts.at("asked.mix10"), 12);
  EXPECT_EQ(kept.manifest.counts.at("dropped.add10"), 0);
}

TEST_F(WarmTargetsTest, NothingLeftIsAnError) {
  config_.policies.use = {"filter"};
  config_.warm_start.targets = {"mix10"};
  config_.warm_start.drop = {"no"};
  EXPECT_THROW(Rows(), Error);
}

TEST_F(WarmTargetsTest, NothingIsAskedWhereItMayNotBe) {
  EXPECT_THROW(Rows(1, false), NotAsked);
  EXPECT_EQ(WarmTargets(config_, Options(false)).Plan(1).requests, 24);
  const SampleSet rows = Rows();
  EXPECT_EQ(Rows(1, false).samples, rows.samples);
  EXPECT_EQ(WarmTargets(config_, Options(false)).Plan(1).requests, 0);
}

// The student whose start is about something else has seen none of the arm's prompts.
TEST_F(WarmTargetsTest, TheArmsRowsAreAllOfTheirOwn) {
  const std::unique_ptr<Task> task = MakeTask(config_.task);
  const std::unique_ptr<Teacher> teacher = MakeOracleTeacher(*task);
  config_.warm_start.targets = {"add10"};
  ArmContext context(config_, *task, *teacher, Options());
  EXPECT_EQ(context.warm_prompts(), 0);
  const SampleSet large = context.TeacherRows(16, 1), small = context.TeacherRows(4, 1);
  ASSERT_THAT(small.samples, SizeIs(4));
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(small.samples[i], large.samples[i]);
}

TEST_F(WarmTargetsTest, BadOnesAreToldBeforeAnythingRuns) {
  const auto problem = [&] {
    try {
      CheckWarmTargets(config_);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(problem(), "");
  config_.warm_start.n = 25;
  EXPECT_THAT(problem(), HasSubstr("cannot be shared out equally to the 2 targets add10, mix10"));
  EXPECT_THAT(problem(), HasSubstr("such as 24"));
  config_.warm_start = {.n = 24, .targets = {"add10", "mixx"}};
  EXPECT_THAT(problem(), HasSubstr("warm_start.targets: "));
  EXPECT_THAT(problem(), HasSubstr("mixx"));
  config_.warm_start = {.n = 24, .drop = {"no"}};
  EXPECT_THAT(problem(), HasSubstr("warm_start.drop"));
}

}  // namespace
}  // namespace retort::lab
