// refine as a process: the rule runs until it is over, and a run that is resumed takes the same steps.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/experiments/lab/process_fixture.h"

namespace retort::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RefineTest : public LabTest {
 protected:
  const std::vector<std::string> words_ = {"blocks=[]",          "n=[2,64]",           "seeds=2",
                                           "refine.width=1.5",   "refine.max_seeds=4", "refine.max_n=400",
                                           "refine.max_cells=60"};
};

TEST_F(RefineTest, AddsSizesAndSeedsUntilItsBudget) {
  const CommandResult run = Run(words_, "noisy");
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("refined: rules teacher: N = 11, 128\n"));
  EXPECT_THAT(run.output, HasSubstr("refined: rules teacher: 4 seeds\n"));
  const std::string page = ReadFile(fixture_.path("out") / "index.html");
  EXPECT_THAT(page, HasSubstr("by a rule stated beforehand"));
  EXPECT_THAT(page, HasSubstr("and stopped since"));
  // Nothing is left to do, and looking at it takes the same steps.
  const std::string cells = ReadFile(fixture_.path("out") / "cells.csv");
  ForgetComputed();
  EXPECT_EQ(Run(words_).exit_code, 0);
  EXPECT_THAT(Computed(), IsEmpty());
  EXPECT_EQ(ReadFile(fixture_.path("out") / "cells.csv"), cells);
  std::vector<std::string> report = words_, plan = words_;
  report.emplace_back("--report");
  plan.emplace_back("--plan");
  EXPECT_EQ(Run(report).exit_code, 0);
  EXPECT_EQ(ReadFile(fixture_.path("out") / "cells.csv"), cells);
  EXPECT_THAT(Run(plan).output, HasSubstr(" done, 0 to compute"));
}

TEST_F(RefineTest, ARunThatWasStoppedGoesOnAsTheOther) {
  ASSERT_EQ(Run(words_, "noisy", "uninterrupted").exit_code, 0);
  const std::string cells = ReadFile(fixture_.path("out") / "cells.csv");
  {
    Subprocess main = Start(words_, "noisy");
    ASSERT_TRUE(WaitUntil([&] { return Done() > 11; }));
    main.Kill(SIGKILL);
    main.Wait();
  }
  ASSERT_EQ(Run(words_, "noisy").exit_code, 0);
  EXPECT_EQ(ReadFile(fixture_.path("out") / "cells.csv"), cells);
  EXPECT_EQ(Results(), Results("uninterrupted"));
}

TEST_F(RefineTest, AnArmOfTwoBlocksIsOneCurve) {
  const CommandResult run =
      Run({"blocks=[[\"n=[64,256]\"]]", "seeds=2", "refine.width=3", "refine.max_seeds=2", "refine.max_cells=60"});
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("refined: rules teacher: N = 8, 128\n"));
  EXPECT_THAT(run.output, HasSubstr("nine tenths are closed at N90 = "));
}

TEST_F(RefineTest, StaysWithinThePoolAndSaysWhyItStopped) {
  const CommandResult run =
      Run({"blocks=[]", "n=[4,16]", "seeds=2", "refine.max_n=100000", "refine.max_cells=60", "collect.pool_size=40"});
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr("N = 8, 32"));
  EXPECT_THAT(ReadFile(fixture_.path("out") / "index.html"), HasSubstr("no step was left that would tell more"));
}

TEST_F(RefineTest, ABudgetIsRefusedWithATeacherThatIsPaid) {
  const CommandResult run = Run({"refine.max_cells=9", "collect.budget.requests=100"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.output, HasSubstr("collect.budget is not kept over the steps of refine"));
}

TEST_F(RefineTest, NeverPassesItsBudget) {
  std::vector<std::string> words = words_;
  words.back() = "refine.max_cells=5";
  const CommandResult run = Run(words);
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_LE(Done(), 2 * 2 + 4 + 5U);
  EXPECT_THAT(ReadFile(fixture_.path("out") / "index.html"), HasSubstr("a further step would have passed 5 cells"));
}

}  // namespace
}  // namespace retort::lab
