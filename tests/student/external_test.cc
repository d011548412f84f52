#include "student/external.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

class ExternalTrainer : public ::testing::Test {
 protected:
  ExternalTrainer() {
    run_ = {.samples = dir_.path() / "a folder" / "samples.jsonl",
            .base = dir_.path() / "base",
            .output = dir_.path() / "model",
            .log = dir_.path() / "worker.log",
            .seed = 3,
            .n = 16};
    WriteFileAtomic(run_.samples, "{}\n");
    WriteFileAtomic(run_.base / "config.json", "{}");
  }
  static ExternalTrainerConfig Shell(const std::string& script, int timeout_min = 0) {
    return {.command = {"sh", "-c", script, "sh", "{samples}", "{base}", "{output}", "{seed}", "{n}"},
            .timeout_min = timeout_min};
  }
  std::string Message(const ExternalTrainerConfig& config) {
    return MessageOf([&] {
      CheckExternalTrainer(config);
      TrainExternally(config, run_);
    });
  }
  TempDir dir_;
  ExternalRun run_;
};

TEST_F(ExternalTrainer, GetsItsFilesAndLeavesACheckpoint) {
  const ExternalResult result = TrainExternally(
      Shell("test -f \"$1\" && cp \"$2\"/config.json \"$3\" && echo \"seed $4 n $5\" && "
            "echo '{\"global_step\": 7, \"epoch\": 1.5, \"total_flos\": 1e9}' > \"$3\"/trainer_state.json"),
      run_);
  EXPECT_EQ(result.steps, 7);
  EXPECT_EQ(result.epochs, 1.5);
  EXPECT_EQ(result.flops, 1e9);
  EXPECT_THAT(ReadFile(run_.log), HasSubstr("seed 3 n 16"));
}

TEST_F(ExternalTrainer, MistakesAreSaid) {
  EXPECT_THAT(Message({}), HasSubstr("is empty"));
  EXPECT_THAT(Message({.command = {"train", "{data}"}}), HasSubstr("{samples}, {base}"));
  EXPECT_THAT(Message({.command = {"true"}, .inputs = {"/no/such/file.py"}}), HasSubstr("/no/such/file.py"));
  EXPECT_THAT(Message({.command = {"/no/such/program"}}), HasSubstr("cannot start /no/such/program"));
  EXPECT_THAT(Message(Shell("exit 3")), HasSubstr("exit code 3"));
  EXPECT_THAT(Message(Shell("true")), HasSubstr("no config.json"));
  EXPECT_THAT(Message(Shell("cp \"$2\"/config.json \"$3\"; echo '[1]' > \"$3\"/trainer_state.json")),
              HasSubstr("trainer_state.json"));
}

TEST_F(ExternalTrainer, OtherBracesStay) {
  TrainExternally(Shell("cp \"$2\"/config.json \"$3\"; echo '{\"a\": {}} ${HOME} {'"), run_);
  EXPECT_THAT(ReadFile(run_.log), HasSubstr("{\"a\": {}}"));
}

TEST_F(ExternalTrainer, InputsAreHashedByContent) {
  const auto file = dir_.path() / "train.py";
  WriteFileAtomic(file, "one");
  const ExternalTrainerConfig config{.command = {"true"}, .inputs = {file.string()}};
  const std::string before = HashInputs(config);
  EXPECT_EQ(HashInputs(config), before);
  WriteFileAtomic(file, "two");
  EXPECT_NE(HashInputs(config), before);
}

}  // namespace
}  // namespace retort
