// --tune as a process: what it writes is a config that the experiment reads.
#include <gmock/gmock.h>

#include "core/base/hash.h"
#include "tests/experiments/lab/process_fixture.h"

namespace retort::lab {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class TuneTest : public LabTest {
 protected:
  CommandResult Tune(std::vector<std::string> words = {}) {
    words.insert(words.end(), {"--tune", "tune.n=16", "tune.validation_items=40"});
    return Run(words, "rates");
  }
};

TEST_F(TuneTest, ChoosesForEachArmOnSeedsAndItemsThatNoTableShows) {
  const CommandResult tune = Tune();
  ASSERT_EQ(tune.exit_code, 0) << tune.output;
  EXPECT_THAT(Computed(), SizeIs(2 * 4 * 2));  // arms, values, seeds
  for (const std::string& line : Computed()) EXPECT_THAT(line, HasSubstr(" 16 1000"));
  const std::string chosen = ReadFile(fixture_.path("out") / "tuned.toml");
  EXPECT_THAT(chosen, AllOf(HasSubstr("student.trainer.learning_rate=0.001"), HasSubstr("validation_items = 80"),
                            HasSubstr("cells = 16"), HasSubstr("training_flops = 16000000.0")));
  EXPECT_THAT(tune.output, Not(HasSubstr("widen tune.over")));

  // Frozen as a group of the config, it gives each arm its own, and its items are charged.
  fixture_.Write("tuned/chosen.toml", chosen);
  ForgetComputed();
  const CommandResult run = Run({"+tuned=chosen"}, "rates");
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("beside 80 validation prompts that its settings were chosen with"));
  const std::string page = ReadFile(fixture_.path("out") / "index.html");
  EXPECT_THAT(page, AllOf(HasSubstr("add the validation prompts to each N"), HasSubstr("and to choose settings")));
  EXPECT_THAT(ReadFile(fixture_.path("out") / "summary.csv"), HasSubstr(",80,"));
  for (const auto& entry : std::filesystem::directory_iterator(fixture_.path("runs"))) {
    if (!std::filesystem::exists(entry.path() / "config.toml")) continue;
    const std::string config = ReadFile(entry.path() / "config.toml");
    if (config.find("validation_items = 0") == std::string::npos || config.find("\nn = 0") != std::string::npos)
      continue;
    const bool teacher = config.find("arm = \"teacher\"") != std::string::npos;
    EXPECT_THAT(config, HasSubstr(teacher ? "learning_rate = 0.001" : "learning_rate = 0.003"));
  }
}

TEST_F(TuneTest, IsResumedAndPlanned) {
  EXPECT_THAT(Tune({"--plan"}).output, HasSubstr("16 of the table, from 16 cells"));
  ASSERT_EQ(Tune().exit_code, 0);
  const std::string chosen = ReadFile(fixture_.path("out") / "tuned.toml");
  ForgetComputed();
  ASSERT_EQ(Tune().exit_code, 0);
  EXPECT_THAT(Computed(), SizeIs(0));
  EXPECT_EQ(ReadFile(fixture_.path("out") / "tuned.toml"), chosen);
}

TEST_F(TuneTest, AnArmThatTrainsNothingHasNoSetting) {
  const CommandResult tune = Tune({"arms=[teacher,shown]", "blocks=[]"});
  ASSERT_EQ(tune.exit_code, 0) << tune.output;
  for (const std::string& line : Computed()) EXPECT_THAT(line, HasSubstr("teacher "));
  EXPECT_THAT(ReadFile(fixture_.path("out") / "tuned.toml"),
              HasSubstr("overrides = [[\"teacher\", \"student.trainer.learning_rate=0.001\"]]"));
  EXPECT_THAT(Tune({"arms=[shown]", "blocks=[]"}).output, HasSubstr("none of them trains a student"));
}

TEST_F(TuneTest, SaysWhereTheBestIsTheLastTried) {
  EXPECT_THAT(Tune({"tune.over=[\"student.trainer.learning_rate=0.0001,0.001\"]"}).output,
              HasSubstr("teacher: student.trainer.learning_rate=0.001 is at the end of what was tried"));
}

TEST_F(TuneTest, ASettingThatFailsIsLeftOut) {
  const CommandResult tune =
      Tune({"arms=[teacher]", "blocks=[]", "tune.over=[\"student.trainer.learning_rate=0.0001,0.001,0.003,0.9\"]"});
  EXPECT_EQ(tune.exit_code, 1);
  EXPECT_THAT(tune.output, AllOf(HasSubstr("this rate was told to fail"), HasSubstr("learning_rate=0.9 is left out")));
  EXPECT_THAT(ReadFile(fixture_.path("out") / "tuned.toml"), HasSubstr("learning_rate=0.001"));
}

TEST_F(TuneTest, ATaskWhoseBlockSetsTheKeyIsNotCharged) {
  const CommandResult run =
      Run({"tuned.overrides=[[teacher,student.trainer.max_steps=7]]", "tuned.cells=4", "tuned.validation_items=80"});
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("(beside 80 validation prompts"));
  EXPECT_THAT(run.output, HasSubstr("On add10, 8 samples of the arm teacher close"));
  const std::string page = ReadFile(fixture_.path("out") / "index.html");
  EXPECT_THAT(page, HasSubstr("The settings of rules teacher were chosen"));
}

TEST_F(TuneTest, AnyKeysCanBeChosenTogether) {
  const CommandResult tune = Tune({"arms=[teacher]",
                                   "tune.over=[\"student.trainer.learning_rate=0.0001,0.001\","
                                   "\"student.trainer.max_steps=10,20\"]"});
  ASSERT_EQ(tune.exit_code, 0) << tune.output;
  EXPECT_THAT(ReadFile(fixture_.path("out") / "tuned.toml"),
              AllOf(HasSubstr("student.trainer.learning_rate=0.001"), HasSubstr("student.trainer.max_steps=10")));
}

TEST_F(TuneTest, WhatCannotBeIsSaid) {
  const auto refused = [&](const std::vector<std::string>& words, const std::string& why) {
    const CommandResult tune = Tune(words);
    EXPECT_NE(tune.exit_code, 0);
    EXPECT_THAT(tune.output, HasSubstr(why));
  };
  refused({"-m", "seeds=1,2"}, "not for a sweep");
  refused({"tune.over=[seeds=1]"}, "nothing to choose from");
  refused({"tune.over=[\"n=4,16\"]"}, "is nothing to choose for an arm");
  refused({"tune.over=[\"numerics=fused,reference\"]"}, "belongs to the run, not to a cell");
  refused({"arms=[]", "blocks=[]"}, "arms: is empty");
  refused({"collect.pool_size=50"}, "raise collect.pool_size or lower");
  EXPECT_THAT(Run({"tuned.overrides=[[nobody,seeds=3]]"}).output, HasSubstr("there is no arm 'nobody'"));
}

}  // namespace
}  // namespace retort::lab
