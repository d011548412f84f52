// A warm start that was killed or interrupted is not taken for one, and ends in the weights of one that was not.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/subprocess.h"
#include "tests/experiments/lab/programs_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;

class WarmStartTest : public ProgramsTest {
 protected:
  std::vector<std::string> Words(const std::string& runs) const {
    std::vector<std::string> words = SmallGrid(runs, "out");
    words.insert(words.end(), {"student.init.model=[" + path("larger").string() + "]", "n=[2]", "seeds=1", "blocks=[]",
                               "arms=[teacher]", "warm_start.n=4", "warm_start.max_steps=1500",
                               "student.trainer.save_steps=100", "student.trainer.per_device_train_batch_size=16"});
    return words;
  }
  // The only one of a run; empty: none yet.
  fs::path Folder(const std::string& runs) const {
    const fs::path folder = path(runs) / "warm_starts";
    if (!fs::exists(folder)) return {};
    for (const auto& entry : fs::directory_iterator(folder)) return entry.path();
    return {};
  }
  bool Saved(const std::string& runs) const {
    const fs::path folder = Folder(runs);
    return !folder.empty() && fs::exists(folder / "checkpoint/state.json");
  }
  // Stops the program by a signal when it has saved a checkpoint; its exit code.
  int Stop(const std::string& runs, int signal) const {
    std::vector<std::string> command = Words(runs);
    command.insert(command.begin(), Program("few_samples"));
    Subprocess process(command, {.stderr_file = path("stderr")});
    for (int i = 0; i < 24'000 && !Saved(runs) && !process.Poll(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    process.Kill(signal);
    return process.Wait();
  }
};

TEST_F(WarmStartTest, GoesOnWhereItWasStopped) {
  const CommandResult whole = Run("few_samples", Words("whole"));
  ASSERT_EQ(whole.exit_code, 0) << whole.output;
  ASSERT_TRUE(fs::exists(Folder("whole") / "identity.txt"));
  EXPECT_FALSE(fs::exists(Folder("whole") / "checkpoint"));
  const std::string weights = Sha256File(Folder("whole") / "model.safetensors");

  for (const auto& [runs, signal] : {std::pair("killed", SIGKILL), {"interrupted", SIGINT}}) {
    const int exit_code = Stop(runs, signal);
    if (signal == SIGINT) {
      EXPECT_EQ(exit_code, 130) << ReadFile(path("stderr"));
    }
    const fs::path folder = Folder(runs);
    ASSERT_TRUE(Saved(runs)) << runs;
    ASSERT_FALSE(fs::exists(folder / "identity.txt")) << runs << ": it was over before it was stopped";
    EXPECT_FALSE(fs::exists(folder / "model.safetensors")) << runs;
    const std::string state = ReadFile(folder / "checkpoint/state.json");

    const CommandResult again = Run("few_samples", Words(runs));
    ASSERT_EQ(again.exit_code, 0) << again.output;
    EXPECT_EQ(folder, Folder(runs));
    EXPECT_EQ(Sha256File(folder / "model.safetensors"), weights) << runs << " from " << state;
    EXPECT_FALSE(fs::exists(folder / "checkpoint")) << runs;
  }
}

// A folder with all but its last file, as a process leaves it that dies while it saves.
TEST_F(WarmStartTest, WhatLacksItsLastFileIsMadeAnew) {
  ASSERT_EQ(Run("few_samples", Words("whole")).exit_code, 0);
  const fs::path folder = Folder("whole");
  const std::string weights = Sha256File(folder / "model.safetensors");
  fs::remove(folder / "identity.txt");
  WriteFileAtomic(folder / "model.safetensors", "half of it");
  fs::create_directories(folder / "checkpoint");
  WriteFileAtomic(folder / "checkpoint/state.json", R"({"fingerprint": "another run", "step": 1200})");
  const CommandResult again = Run("few_samples", Words("whole"));
  ASSERT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(Sha256File(folder / "model.safetensors"), weights);
  EXPECT_FALSE(fs::exists(folder / "checkpoint"));
}

}  // namespace
}  // namespace retort::lab
