// The lab as processes: main process, workers, signals, two of them at once. Cells are fakes that cost nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/experiments/lab/process_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(LabTest, ComputesOnceAndReports) {
  const CommandResult first = Run({});
  ASSERT_EQ(first.exit_code, 0) << first.output;
  EXPECT_THAT(Computed(), SizeIs(15));
  for (const char* file : {"cells.csv", "summary.csv", "table.md", "index.html", "config.toml"}) {
    EXPECT_TRUE(fs::exists(fixture_.path("out") / file)) << file;
  }
  EXPECT_THAT(first.output, HasSubstr("index.html"));
  EXPECT_THAT(first.output, Not(HasSubstr("a library that prints")));
  const auto before = Results();
  const CommandResult second = Run({});
  ASSERT_EQ(second.exit_code, 0) << second.output;
  EXPECT_THAT(second.output, HasSubstr("nothing to compute: 15 cells were already done"));
  EXPECT_THAT(Computed(), SizeIs(15));
  EXPECT_EQ(Results(), before);
}

TEST_F(LabTest, AnAddedNComputesOnlyItsOwnCells) {
  ASSERT_EQ(Run({"n=[4,16]"}).exit_code, 0);
  ForgetComputed();
  ASSERT_EQ(Run({"n=[4,8,16]"}).exit_code, 0);
  const std::vector<std::string> computed = Computed();
  ASSERT_THAT(computed, SizeIs(2));
  for (const std::string& line : computed) EXPECT_THAT(line, HasSubstr("teacher 8 "));
}

TEST_F(LabTest, TwoRunsGiveTheSameBytes) {
  ASSERT_EQ(Run({"workers=1"}, "", "runs").exit_code, 0);
  ASSERT_EQ(Run({"workers=3"}, "", "other").exit_code, 0);
  EXPECT_EQ(Results("runs"), Results("other"));
}

TEST_F(LabTest, WorkersLiveOverManyCells) {
  ASSERT_EQ(Run({"workers=2"}, "slow").exit_code, 0);
  std::set<std::string> pids;
  for (const std::string& line : Computed()) pids.insert(line.substr(line.rfind(' ') + 1));
  EXPECT_THAT(pids, SizeIs(2));
}

TEST_F(LabTest, AFailingCellIsReportedAndTheRestGoOn) {
  const CommandResult result = Run({}, "fail:16");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("this cell was told to fail"));
  EXPECT_THAT(result.output, HasSubstr("rules N=16 seed 1"));
  EXPECT_EQ(Done(), 11u);
  EXPECT_TRUE(fs::exists(fixture_.path("out") / "cells.csv"));
  ForgetComputed();
  EXPECT_EQ(Run({}).exit_code, 0);
  EXPECT_THAT(Computed(), SizeIs(4)) << "only those that failed";
}

TEST_F(LabTest, AWorkerThatDiesIsReportedWithItsLastWords) {
  const CommandResult result = Run({"workers=1"}, "die:4");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("killed by signal 6"));
  EXPECT_THAT(result.output, HasSubstr("last words of the worker"));
  EXPECT_EQ(Done(), 13u);
}

TEST_F(LabTest, AKilledWorkersCellIsTriedOnceMoreAndThenLost) {
  Subprocess main = Start({"workers=1", "n=[4]", "seeds=1"}, "sleep:4");
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const auto is_started = [&] {
      const auto computed = Computed();
      return !computed.empty() && computed.back().starts_with("teacher 4") &&
             std::ranges::count_if(computed, [](const auto& line) { return line.starts_with("teacher 4"); }) == attempt;
    };
    ASSERT_TRUE(WaitUntil(is_started));
    const std::string line = Computed().back();
    kill(static_cast<pid_t>(std::stol(line.substr(line.rfind(' ') + 1))), SIGKILL);
  }
  EXPECT_EQ(main.Wait(), 1);
  EXPECT_EQ(Done(), 2u);
  EXPECT_THAT(ReadFile(fixture_.path("stderr")), HasSubstr("to be tried again: rules N=4 seed 0"));
  EXPECT_EQ(Run({"n=[4]", "seeds=1"}).exit_code, 0);
}

TEST_F(LabTest, ACellThatFailsOnceIsDoneTheSecondTime) {
  const CommandResult result = Run({"n=[4]", "seeds=1"}, "once:4");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("to be tried again"));
  EXPECT_EQ(Done(), 3u);
}

TEST_F(LabTest, AWorkerThatTakesTooMuchMemoryIsStopped) {
  const CommandResult result = Run({"n=[4]", "seeds=1", "launcher.mem_mb=300"}, "large:4");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("more than launcher.mem_mb=300"));
}

TEST_F(LabTest, ASweepIsOneRunWhoseAxesAreColumns) {
  const std::vector<std::string> words = {"-m", "student.trainer.learning_rate=0.001,0.002", "task.target=big,gum",
                                          "n=[4]", "seeds=1"};
  const CommandResult result = Run(words);
  ASSERT_EQ(result.exit_code, 0) << result.output;
  // A base and a teacher for each target, and a student for each point.
  EXPECT_THAT(Computed(), SizeIs(8));
  const std::string cells = ReadFile(fixture_.path("out") / "cells.csv");
  EXPECT_THAT(cells, HasSubstr("samples_sha256,student.trainer.learning_rate,task.target\n"));
  EXPECT_THAT(cells, HasSubstr(",0.002,gum\n"));
  EXPECT_THAT(ReadFile(fixture_.path("out") / "summary.csv"),
              HasSubstr("note,student.trainer.learning_rate,task.target"));
  EXPECT_THAT(ReadFile(fixture_.path("out") / "index.html"), HasSubstr("big, learning_rate 0.002"));
  ForgetComputed();
  EXPECT_EQ(Run(words).exit_code, 0);
  EXPECT_THAT(Computed(), SizeIs(0));
  EXPECT_THAT(Run({"-m", "workers=1,2"}).output, HasSubstr("cannot be swept"));
  EXPECT_THAT(Run({"seeds=1,2"}).output, HasSubstr("-m"));
}

TEST_F(LabTest, PlanReportAndStatusComputeNothing) {
  const CommandResult plan = Run({"--plan"});
  EXPECT_EQ(plan.exit_code, 0) << plan.output;
  EXPECT_THAT(plan.output, HasSubstr("0 done, 15 to compute"));
  EXPECT_THAT(Run({"--plan", "arms=[teacher,shown]", "blocks=[]"}).output, HasSubstr("steps, computed just now"));
  EXPECT_THAT(Run({"--plan", "arms=[shown]", "blocks=[]"}).output, Not(HasSubstr("computed just now")))
      << "what is not trained costs by another rate";
  EXPECT_FALSE(fs::exists(fixture_.path("out")));
  ASSERT_EQ(Run({"n=[4]", "seeds=1"}).exit_code, 0);
  ForgetComputed();
  const CommandResult report = Run({"n=[4,16]", "seeds=1", "--report"});
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_THAT(ReadFile(fixture_.path("out") / "table.md"), HasSubstr("Not finished: 1 of 4 rows are missing"));
  EXPECT_THAT(Run({"--status"}).output, HasSubstr("nothing runs"));
  Subprocess main = Start({"n=[4,16]", "seeds=1"}, "sleep:16");
  EXPECT_TRUE(WaitUntil([&] { return Run({"--status"}).output.find("0/1 cells") != std::string::npos; }));
  EXPECT_TRUE(WaitUntil([&] { return !Computed().empty(); })) << "the status may be there before the worker";
  main.Kill(SIGINT);
  main.Wait();
  EXPECT_THAT(Computed(), SizeIs(1));
}

TEST_F(LabTest, ADeviceThatIsNotThereIsToldOnceAndOnlyWhereSomethingIsToBeTrained) {
  const std::vector<std::string> words = {"n=[4]", "seeds=1", "blocks=[]", "student.trainer.device=cuda"};
  const CommandResult run = Run(words);
  EXPECT_EQ(run.exit_code, 2) << run.output;
  EXPECT_THAT(run.output, HasSubstr("device=cuda: LibTorch's CUDA side cannot be loaded"));
  EXPECT_THAT(Computed(), SizeIs(0));
  for (const char* look : {"--report", "--dry-run"}) {
    std::vector<std::string> looking = words;
    looking.emplace_back(look);
    EXPECT_EQ(Run(looking).exit_code, 0) << look;
  }
}

TEST_F(LabTest, ThePlanSaysWhyEarlierCellsAreNotReused) {
  ASSERT_EQ(Run({"n=[4]", "seeds=1"}).exit_code, 0);
  fixture_.Write("base-0/model.safetensors", "other weights");
  EXPECT_THAT(Run({"n=[4]", "seeds=1", "--plan"}).output,
              HasSubstr("not reused      2 earlier cells of these rows: made with another model"));
  EXPECT_THAT(Run({"n=[4]", "seeds=1", "numerics=reference", "--plan"}).output,
              HasSubstr("numerics 4, now 4 reference"));
}

TEST_F(LabTest, AfterKillOfTheMainProcessNoWorkerIsLeftAndTheRestIsComputed) {
  Subprocess main = Start({"workers=1", "n=[4,16]", "seeds=1"}, "sleep:16");
  ASSERT_TRUE(WaitUntil([&] { return !Computed().empty() && Computed().back().starts_with("teacher 16"); }));
  const std::string line = Computed().back();
  const auto worker = static_cast<pid_t>(std::stol(line.substr(line.rfind(' ') + 1)));
  const size_t done = Done();
  main.Kill(SIGKILL);
  main.Wait();
  // Gone, or a zombie that whoever adopts it has yet to reap.
  const auto ended = [&] {
    try {
      return ReadFile("/proc/" + std::to_string(worker) + "/stat", 4096).find(") Z ") != std::string::npos;
    } catch (const Error&) {
      return true;
    }
  };
  EXPECT_TRUE(WaitUntil(ended)) << "the worker outlived its main process";
  ForgetComputed();
  EXPECT_EQ(Run({"n=[4,16]", "seeds=1"}).exit_code, 0);
  EXPECT_EQ(Computed().size(), 4 - done);
}

TEST_F(LabTest, CtrlCKeepsWhatIsDone) {
  Subprocess main = Start({"workers=2", "n=[4,16]", "seeds=1"}, "sleep:16");
  ASSERT_TRUE(WaitUntil([&] { return Done() == 3; }));
  main.Kill(SIGINT);
  EXPECT_EQ(main.Wait(), 130);
  EXPECT_THAT(ReadFile(fixture_.path("stderr")), HasSubstr("the same command goes on"));
  ForgetComputed();
  EXPECT_EQ(Run({"n=[4,16]", "seeds=1"}).exit_code, 0);
  EXPECT_THAT(Computed(), SizeIs(1));
}

TEST_F(LabTest, TwoProcessesNeverComputeOneCell) {
  Subprocess one = Start({}, "slow"), two = Start({}, "slow");
  EXPECT_EQ(one.Wait(), 0) << ReadFile(fixture_.path("stderr"));
  EXPECT_EQ(two.Wait(), 0) << ReadFile(fixture_.path("stderr"));
  std::set<std::string> cells;
  for (const std::string& line : Computed()) {
    EXPECT_TRUE(cells.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
}

TEST_F(LabTest, TheUsersMistakesAreExitCodeTwoAndNothingIsWritten) {
  const CommandResult result = Run({"seeds=0", "nn=[4]", "student.trainer.learning_rate=fast"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("seeds"));
  EXPECT_THAT(result.output, HasSubstr("nn"));
  EXPECT_THAT(result.output, HasSubstr("learning_rate"));
  EXPECT_FALSE(fs::exists(fixture_.path("runs")));
  EXPECT_FALSE(fs::exists(fixture_.path("out")));
  EXPECT_EQ(Run({"arms=[techer]"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(fixture_.path("runs")));
  EXPECT_EQ(Run({"--bogus"}).exit_code, 2);
}

TEST_F(LabTest, ABrokenResultNamesItsFolder) {
  ASSERT_EQ(Run({"n=[4]", "seeds=1"}).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(fixture_.path("runs"))) {
    if (fs::exists(entry.path() / "result.json")) WriteFileAtomic(entry.path() / "result.json", "{\"arm\":");
  }
  const CommandResult result = Run({"n=[4]", "seeds=1"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("remove the folder"));
}

}  // namespace
}  // namespace retort::lab
