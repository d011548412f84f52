// What a run store must survive: killed processes at any moment, every single operation on files failing once, a full
// disk, a folder that cannot be written to, a clock that jumps. Afterwards the same command gives the bytes of a run
// that nothing happened to.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>

#include "core/base/random.h"
#include "tests/experiments/lab/process_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TrustTest : public LabTest {
 protected:
  TrustTest() {
    Reset();
    EXPECT_EQ(Run(words_, "", "reference").exit_code, 0);
    reference_ = Results("reference");
    EXPECT_EQ(reference_.size(), 7u);
  }
  void Reset(int64_t target = 0, int64_t stay = 0) {
    const std::array<int64_t, 4> numbers = {0, target, stay, 0};
    std::ofstream(fixture_.path("faults"), std::ios::binary)
        .write(reinterpret_cast<const char*>(numbers.data()), sizeof numbers);
  }
  std::array<int64_t, 4> Faults() const {
    std::array<int64_t, 4> numbers{};
    std::ifstream(fixture_.path("faults"), std::ios::binary)
        .read(reinterpret_cast<char*>(numbers.data()), sizeof numbers);
    return numbers;
  }
  CommandResult RunWithFaults(const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv = Command(words_, "", "runs");
    argv.insert(argv.end(), more.begin(), more.end());
    argv.insert(argv.begin() + 1,
                {"LD_PRELOAD=" RETORT_BINARY_DIR "/libfaults.so", "FAULTS=" + fixture_.path("faults").string()});
    return RunCommand(argv);
  }
  void Forget() {
    fs::remove_all(fixture_.path("runs"));
    fs::remove_all(fixture_.path("out"));
  }

  std::vector<std::string> words_ = {"workers=1", "n=[4]", "seeds=1"};
  std::map<std::string, std::string> reference_;
};

TEST_F(TrustTest, EveryOperationOnFilesMayFailOnce) {
  int64_t fault = 1;
  for (;; ++fault) {
    Forget();
    Reset(fault);
    const CommandResult hit = RunWithFaults();
    if (Faults()[3] == 0) break;
    ASSERT_THAT(hit.exit_code, ::testing::AnyOf(0, 1, 2)) << fault << ": " << hit.output;
    const auto so_far = Results();
    for (const auto& [file, bytes] : so_far) EXPECT_EQ(bytes, reference_.at(file)) << fault << ": " << file;
    if (hit.exit_code == 0) {
      EXPECT_EQ(so_far, reference_) << fault;
      continue;
    }
    EXPECT_THAT(hit.output, ::testing::AnyOf(HasSubstr("No space left"), HasSubstr("Input/output error"))) << fault;
    const CommandResult after = Run(words_);
    ASSERT_EQ(after.exit_code, 0) << fault << ": " << after.output;
    ASSERT_EQ(Results(), reference_) << fault;
  }
  EXPECT_GT(fault, 30) << "the faults do not reach the program";
}

TEST_F(TrustTest, AFullDiskIsSaidAndLosesNothing) {
  Reset(int64_t{1} << 40);
  ASSERT_EQ(RunWithFaults().exit_code, 0);
  const int64_t operations = Faults()[0];
  for (int64_t from = 1; from < operations * 7 / 8; from += std::max<int64_t>(1, operations / 6)) {
    Forget();
    Reset(from, 1);
    const CommandResult full = RunWithFaults();
    EXPECT_THAT(full.exit_code, ::testing::AnyOf(1, 2)) << from << ": " << full.output;
    EXPECT_THAT(full.output, ::testing::AnyOf(HasSubstr("No space left"), HasSubstr("Input/output error"))) << from;
    ASSERT_EQ(Run(words_).exit_code, 0);
    EXPECT_EQ(Results(), reference_) << from;
  }
}

TEST_F(TrustTest, KilledAtAHundredRandomPoints) {
  RandomStream random(0, "kill");
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(Run(words_, "slow", "timed").exit_code, 0);
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  int kills = 0;
  while (kills < 100) {
    Forget();
    for (bool done = false; !done && kills < 100;) {
      Subprocess main = Start(words_, "slow");
      std::this_thread::sleep_for(std::chrono::microseconds(random.Below(whole.count())));
      done = main.Poll().has_value();
      main.Kill(SIGKILL);
      main.Wait();
      kills += done ? 0 : 1;
      for (const auto& [file, bytes] : Results()) {
        ASSERT_EQ(bytes, reference_.at(file)) << file << " after " << kills << " kills";
      }
    }
  }
  ASSERT_EQ(Run(words_).exit_code, 0);
  EXPECT_EQ(Results(), reference_);
}

TEST_F(TrustTest, AFolderThatCannotBeWrittenToIsSaid) {
  for (const char* what : {"runs_dir", "output_dir"}) {
    const CommandResult result = Run({"workers=1", "n=[4]", "seeds=1", std::string(what) + "=/proc/retort"});
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_THAT(result.output, HasSubstr("/proc/retort")) << what;
  }
}

TEST_F(TrustTest, AClockThatJumpsChangesNothing) {
  std::vector<std::string> argv = Command(words_, "", "runs");
  argv.insert(argv.begin() + 1, {"LD_PRELOAD=" RETORT_BINARY_DIR "/libfaults.so", "CLOCK_JUMPS=1"});
  const CommandResult result = RunCommand(argv);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(Results(), reference_);
}

}  // namespace
}  // namespace retort::lab
