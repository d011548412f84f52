// The Slurm launcher as a process, against scripts that stand for Slurm (tests/experiments/slurm/fake_slurm), with
// cells that cost nothing. What Slurm itself makes of it: tests/experiments/slurm/slurm_test.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "tests/experiments/lab/process_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SlurmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(fixture_.path("bin"));
    fs::create_directories(fixture_.path("slurm"));
    for (const char* command : {"sbatch", "squeue", "scontrol", "scancel"}) {
      fs::create_symlink(RETORT_SOURCE_DIR "/tests/experiments/slurm/fake_slurm", fixture_.path("bin") / command);
    }
  }
  void TearDown() override {
    // Nothing that still waits may begin.
    for (const auto& entry : fs::directory_iterator(Slurm(""))) {
      if (fs::is_directory(entry)) RunCommand(Env({Bin("scancel"), entry.path().filename().string()}));
    }
    fs::remove(Slurm("hold"));
  }
  fs::path Slurm(const std::string& file) const { return fixture_.path("slurm") / file; }
  std::string Bin(const std::string& command) const { return fixture_.path("bin") / command; }

  std::vector<std::string> Env(const std::vector<std::string>& words, const std::string& fake = "") const {
    std::vector<std::string> argv = {"env",
                                     "PATH=" + fixture_.path("bin").string() + ":" + std::getenv("PATH"),
                                     "FAKE_SLURM=" + Slurm("").string(),
                                     "FAKE_LARGEST=" + std::to_string(largest_array_),
                                     "FAKE=" + fake,
                                     "FAKE_LOG=" + fixture_.path("log").string()};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
  }
  std::vector<std::string> Program(const std::vector<std::string>& words, const std::string& fake = "") const {
    std::string runs = "runs_dir=\"";
    for (const char c : runs_.string()) runs += c == '"' ? "\\\"" : std::string(1, c);
    std::vector<std::string> argv = {std::string(RETORT_BINARY_DIR) + "/fake_experiment",
                                     "--config-dir=" + fixture_.path("").string(), runs + '"',
                                     "output_dir=" + fixture_.path("out").string()};
    argv.insert(argv.end(), words.begin(), words.end());
    return Env(argv, fake);
  }
  // Three cells a seed; later words win.
  static std::vector<std::string> OnSlurm(std::vector<std::string> words) {
    words.insert(words.begin(), {"n=[4]", "seeds=1", "launcher.kind=slurm", "launcher.poll_seconds=0.1"});
    return words;
  }
  CommandResult Run(const std::vector<std::string>& words, const std::string& fake = "") const {
    return RunCommand(Program(OnSlurm(words), fake));
  }
  Subprocess Start(const std::vector<std::string>& words, const std::string& log) const {
    return Subprocess(Program(OnSlurm(words)), {.pipe_stdout = true, .stderr_file = fixture_.path(log)});
  }
  int Submitted() const {
    int jobs = 0;
    for (const std::string& call : Lines(Slurm("calls"))) jobs += call.starts_with("sbatch --parsable");
    return jobs;
  }
  std::vector<std::string> Computed() const { return Lines(fixture_.path("log")); }
  static std::map<std::string, std::string> Results(const fs::path& runs) {
    std::map<std::string, std::string> results;
    for (const auto& entry : fs::recursive_directory_iterator(runs)) {
      const std::string name = entry.path().filename();
      const bool ours = !entry.path().string().starts_with((runs / "jobs").string());
      if (!ours || !entry.is_regular_file() || name == "times.json" || name == "worker.log" || name == "lock") continue;
      results[fs::relative(entry.path(), runs)] = ReadFile(entry.path());
    }
    return results;
  }

  Fixture fixture_;
  fs::path runs_ = fixture_.path("runs of 50% \"quoted\", 'too'");
  int largest_array_ = 1001;
};

TEST_F(SlurmTest, LeavesWhatTheLocalLauncherLeaves) {
  ASSERT_EQ(RunCommand(Program({"n=[4]", "seeds=1"})).exit_code, 0);
  const fs::path local = fixture_.path("local");
  fs::rename(runs_, local);
  fs::create_directories(runs_);
  fs::copy(local / "collections", runs_ / "collections", fs::copy_options::recursive);
  const CommandResult result = Run({});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("3 cells, 0 already done; computing 3 on Slurm"));
  EXPECT_EQ(Submitted(), 1);
  EXPECT_EQ(Results(runs_), Results(local));
  EXPECT_THAT(Run({}).output, HasSubstr("nothing to compute"));
  EXPECT_EQ(Submitted(), 1);
}

TEST_F(SlurmTest, MoreCellsThanAnArrayTakesGoIntoSeveral) {
  largest_array_ = 2;
  const CommandResult result = Run({});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(Submitted(), 2);
  EXPECT_THAT(Computed(), SizeIs(3));
  EXPECT_EQ(Run({"seeds=2", "launcher.max_array_size=1"}).exit_code, 0);
  EXPECT_EQ(Submitted(), 5) << "three new cells";
}

TEST_F(SlurmTest, WhatFailedIsTriedOnceMoreInOneArray) {
  const CommandResult result = Run({"seeds=2"}, "fail:4");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(Submitted(), 2);
  EXPECT_THAT(Computed(), SizeIs(6 + 2));
  EXPECT_THAT(result.output, HasSubstr("ended as FAILED; the end of its log:"));
  EXPECT_THAT(result.output, HasSubstr("this cell was told to fail"));
  EXPECT_THAT(result.output, HasSubstr("2 cells failed"));
  EXPECT_TRUE(fs::exists(fixture_.path("out") / "cells.csv"));
}

TEST_F(SlurmTest, AWorkerThatDiesLosesItsCellOnly) {
  const CommandResult result = Run({}, "die:4");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(Submitted(), 2);
  EXPECT_THAT(result.output, HasSubstr("last words of the worker"));
  EXPECT_THAT(result.output, HasSubstr("1 cells failed"));
}

TEST_F(SlurmTest, AControllerThatDoesNotAnswerIsWaitedFor) {
  WriteFileAtomic(Slurm("hold"), "");
  Subprocess main = Start({}, "stderr");
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(Slurm("1") / "name"); }));
  WriteFileAtomic(Slurm("down"), "5");
  ASSERT_TRUE(WaitUntil([&] { return Lines(Slurm("down")) == std::vector<std::string>{"0"}; }));
  WriteFileAtomic(Slurm("down"), "3");
  fs::remove(Slurm("hold"));
  EXPECT_EQ(main.Wait(), 0) << ReadFile(fixture_.path("stderr"));
  EXPECT_EQ(Submitted(), 1);
}

TEST_F(SlurmTest, SbatchIsTriedAgainButAJobIsNeverSubmittedTwice) {
  WriteFileAtomic(Slurm("down"), "4");
  WriteFileAtomic(Slurm("lost"), "");
  const CommandResult result = Run({});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(Computed(), SizeIs(3));
}

TEST_F(SlurmTest, AfterCtrlCTheSameCommandTakesUpTheJob) {
  WriteFileAtomic(Slurm("hold"), "");
  Subprocess first = Start({}, "stderr");
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(Slurm("1") / "name") && Lines(Slurm("calls")).size() > 2; }));
  ASSERT_TRUE(WaitUntil([&] { return Lines(Slurm("calls")).back().starts_with("squeue"); }));
  first.Kill(SIGINT);
  EXPECT_EQ(first.Wait(), 130);
  EXPECT_THAT(ReadFile(fixture_.path("stderr")),
              HasSubstr("job 1 goes on; the same command takes up its results, scancel 1 stops it"));
  // Two at once, and the first of them with more cells than the job has.
  Subprocess second = Start({"seeds=2"}, "stderr2"), third = Start({}, "stderr3");
  ASSERT_TRUE(WaitUntil([&] { return Submitted() == 2; }));
  // The job stays held until both have looked at it: after that its cells end at any time.
  for (const char* log : {"stderr2", "stderr3"}) {
    ASSERT_TRUE(WaitUntil([&] {
      return ReadFile(fixture_.path(log)).find("job 1 is in the queue already: waiting for 3 cells") !=
             std::string::npos;
    })) << log
        << ": " << ReadFile(fixture_.path(log));
  }
  fs::remove(Slurm("hold"));
  EXPECT_EQ(second.Wait(), 0) << ReadFile(fixture_.path("stderr2"));
  EXPECT_EQ(third.Wait(), 0) << ReadFile(fixture_.path("stderr3"));
  EXPECT_EQ(Submitted(), 2);
  std::set<std::string> cells;
  for (const std::string& line : Computed()) EXPECT_TRUE(cells.insert(line.substr(0, line.rfind(' '))).second) << line;
}

TEST_F(SlurmTest, WhatIsCancelledIsNotSubmittedAgain) {
  WriteFileAtomic(Slurm("hold"), "");
  Subprocess main = Start({}, "stderr");
  ASSERT_TRUE(WaitUntil([&] { return fs::exists(Slurm("1") / "name"); }));
  RunCommand(Env({Bin("scancel"), "1"}));
  EXPECT_EQ(main.Wait(), 1);
  EXPECT_THAT(ReadFile(fixture_.path("stderr")), HasSubstr("ended as CANCELLED"));
  EXPECT_EQ(Submitted(), 1);
}

TEST_F(SlurmTest, ADryRunShowsTheTextAndDoesNothing) {
  CommandResult result = Run({"--dry-run", "launcher.partition=gpu"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("#SBATCH --array=0-2%64\n"));
  EXPECT_THAT(result.output, HasSubstr("#SBATCH --partition=gpu\n"));
  EXPECT_THAT(result.output, HasSubstr("at most 3 cells"));
  EXPECT_EQ(Submitted(), 0);
  EXPECT_FALSE(fs::exists(fixture_.path("out")));
  EXPECT_FALSE(fs::exists(runs_ / "jobs"));
  ASSERT_EQ(Run({}).exit_code, 0);
  EXPECT_THAT(Run({"--dry-run"}).output, HasSubstr("there is nothing to compute"));
  EXPECT_THAT(Run({"n=[2,4]", "--dry-run"}).output, HasSubstr("would submit this for 1 cells"));
  EXPECT_THAT(RunCommand(Program({"--dry-run", "n=[4]"})).output, HasSubstr("here with 2 workers of 1 threads"));
  EXPECT_EQ(Submitted(), 1);
}

TEST_F(SlurmTest, MistakesAreToldBeforeAnythingIsDone) {
  EXPECT_EQ(Run({"launcher.partition='a\nb'"}).exit_code, 2);
  const CommandResult taken = Run({"launcher.additional_parameters=['array=0-9']"});
  EXPECT_EQ(taken.exit_code, 2);
  EXPECT_THAT(taken.output, HasSubstr("set launcher.array_parallelism"));
  fs::remove(Bin("sbatch"));
  if (std::system("command -v sbatch >/dev/null") != 0) {
    const CommandResult result = Run({});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.output, HasSubstr("cannot start sbatch"));
  }
  EXPECT_FALSE(fs::exists(fixture_.path("out")));
  EXPECT_FALSE(fs::exists(runs_));
}

}  // namespace
}  // namespace retort::lab
