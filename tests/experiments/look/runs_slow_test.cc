// The programs `runs` and `trace` on what an experiment wrote.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "tests/experiments/cells/fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RunsProgramTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult result =
        RunCommand({Program("fake_experiment"), "--config-dir=" + fixture_.path("").string(),
                    "runs_dir=" + fixture_.path("runs").string(), "output_dir=" + fixture_.path("out").string()});
    ASSERT_EQ(result.exit_code, 0) << result.output;
  }
  static std::string Program(const std::string& name) { return std::string(RETORT_BINARY_DIR) + "/" + name; }
  CommandResult Runs(std::vector<std::string> words) const {
    words.insert(words.begin(), Program("runs"));
    words.push_back("--runs-dir=" + fixture_.path("runs").string());
    return RunCommand(words);
  }
  CommandResult Trace(std::vector<std::string> words) const {
    words.insert(words.begin(), {Program("trace"), fixture_.path("out").string()});
    return RunCommand(words);
  }

  Fixture fixture_;
};

TEST_F(RunsProgramTest, ListShowDiffRemove) {
  const CommandResult list = Runs({"ls"});
  ASSERT_EQ(list.exit_code, 0) << list.output;
  EXPECT_THAT(list.output, HasSubstr("15 runs, "));
  const CommandResult csv = Runs({"ls", "--csv", "task=rules", "arm=teacher", "n=16", "--sort=seed"});
  const size_t first = csv.output.find('\n') + 1;
  const std::string a = csv.output.substr(first, 12), b = csv.output.substr(csv.output.find('\n', first) + 1, 12);
  const CommandResult show = Runs({"show", a});
  EXPECT_EQ(show.exit_code, 0);
  EXPECT_THAT(show.output, HasSubstr("asked     ")) << "the question can be made again";
  EXPECT_EQ(Runs({"diff", a, b}).exit_code, 0);
  EXPECT_EQ(Runs({"rm", a}).exit_code, 2) << "without a terminal";
  EXPECT_EQ(Runs({"rm", a, "--yes"}).exit_code, 0);
  EXPECT_EQ(Runs({"show", a}).exit_code, 2);
}

TEST_F(RunsProgramTest, AReaderThatGoesAwayIsNoError) {
  const std::string runs = fixture_.path("runs").string();
  for (int i = 0; i < 3000; ++i) fs::create_directory(fs::path(runs) / fmt::format("{:064x}", i));
  const CommandResult result =
      RunCommand({"bash", "-c", "trap '' PIPE; " + Program("runs") + " ls --runs-dir=" + runs + " | head -n 1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
}

TEST_F(RunsProgramTest, EveryNumberIsTracedUntilAFileChanges) {
  for (const char* table : {"cells.csv", "summary.csv"}) {
    int rows = -1;
    ForEachLine(fixture_.path("out") / table, [&](std::string_view, int) { return ++rows, true; });
    for (const int row : {1, rows / 2, rows}) {
      const CommandResult trace =
          RunCommand({Program("trace"), (fixture_.path("out") / table).string(), std::to_string(row)});
      EXPECT_EQ(trace.exit_code, 0) << table << " row " << row << "\n" << trace.output;
    }
  }
  const std::vector<std::string> row = {"task=rules", "arm=teacher", "n=4", "seed=0"};
  const std::string weights = fixture_.path("base-0/model.safetensors").string();
  const bool recorded = Trace(row).output.find("an older run") == std::string::npos;  // its identity.txt
  WriteFileAtomic(weights, "weights of another");
  EXPECT_EQ(Trace(row).exit_code, recorded ? 1 : 0);
  fs::remove_all(fixture_.path("runs"));
  EXPECT_EQ(Trace(row).exit_code, 2);
}

}  // namespace
}  // namespace retort::lab
