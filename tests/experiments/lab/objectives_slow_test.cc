// Objectives beside sft through the real programs: from files, with a teacher at hand, and refused where what they need
// is not there, before anything is asked, computed or written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/data/sample_set.h"
#include "tests/experiments/lab/programs_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ObjectivesTest : public ProgramsTest {
 protected:
  CommandResult Train(const std::string& samples, const std::string& folder, const std::string& objective) const {
    return Run("train", {Key("samples", samples), Key("base", "tiny"), Key("output_dir", folder), "trainer.max_steps=3",
                         "objective.name=" + objective, "threads=1"});
  }
  std::string Weights(const std::string& folder) const { return Sha256File(path(folder) / "model.safetensors"); }
  CommandResult Experiment(const std::vector<std::string>& more) const {
    std::vector<std::string> words = SmallGrid("runs", "out");
    words.insert(words.end(), {"n=[2]", "seeds=1"});
    words.insert(words.end(), more.begin(), more.end());
    return Run("few_samples", words);
  }
  void ExpectRefused(const CommandResult& result, const std::vector<std::string>& told) const {
    EXPECT_EQ(result.exit_code, 2) << result.output;
    for (const std::string& text : told) EXPECT_THAT(result.output, HasSubstr(text));
    EXPECT_FALSE(fs::exists(path("runs/collections"))) << "something was asked";
  }
};

TEST_F(ObjectivesTest, TopKLearnsFromAFileWithProbabilities) {
  const CommandResult collected =
      Run("collect", {"teacher=folds", Key("teacher.model", "larger"), "task=folds", "task.target=big", "n=8",
                      "collect.sampling.max_new_tokens=12", "collect.sampling.top_logprobs=5", Key("output_dir", "c"),
                      "threads=1"});
  ASSERT_EQ(collected.exit_code, 0) << collected.output;
  for (const char* objective : {"sft", "topk"}) {
    const CommandResult trained = Train("c/samples.jsonl", objective, objective);
    ASSERT_EQ(trained.exit_code, 0) << trained.output;
    EXPECT_THAT(ReadFile(path(objective) / "README.md"), HasSubstr(std::string("| objective | ") + objective));
  }
  EXPECT_NE(Weights("topk"), Weights("sft"));
  const CommandResult other = Train("c/samples.jsonl", "sft", "topk");
  EXPECT_EQ(other.exit_code, 2) << "another objective in the folder of one";
}

TEST_F(ObjectivesTest, DpoLearnsFromAFileOfPairs) {
  std::string pairs;
  for (int i = 0; i < 6; ++i) {
    pairs += json{{"prompt", "big 47?"}, {"chosen", "477 A" + std::to_string(i)}, {"rejected", "479 A9"}}.dump() + "\n";
  }
  WriteFileAtomic(path("pairs.jsonl"), pairs);
  const CommandResult trained = Train("pairs.jsonl", "dpo", "dpo");
  ASSERT_EQ(trained.exit_code, 0) << trained.output;
  const std::vector<json> steps = Lines(ReadFile(path("dpo/train.jsonl")));
  ASSERT_THAT(steps, SizeIs(3));
  EXPECT_NEAR(steps[0].at("loss").get<double>(), std::log(2), 1e-6) << "the student is its own reference at first";
  EXPECT_LT(steps[2].at("loss").get<double>(), steps[0].at("loss").get<double>());
}

TEST_F(ObjectivesTest, AFileWithoutWhatIsLearntFromIsRefusedAndCanBeMended) {
  ASSERT_EQ(CollectReferences("c", 4).exit_code, 0);
  for (const auto& [objective, told] : {std::pair("topk", "has no logprobs"), {"dpo", "has no rejected answer"}}) {
    const CommandResult refused = Train("c/samples.jsonl", "student", objective);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.output,
                AllOf(HasSubstr(path("c/samples.jsonl").string()), HasSubstr("sample \"big/"), HasSubstr(told)));
    EXPECT_FALSE(fs::exists(path("student"))) << refused.output;
  }
  const CommandResult live = Train("c/samples.jsonl", "student", "fkl");
  EXPECT_EQ(live.exit_code, 2);
  EXPECT_THAT(live.output, AllOf(HasSubstr("objective.name=fkl"), HasSubstr("teacher.kind=local")));

  // What shows only when a row meets the tokenizer.
  WriteFileAtomic(path("pairs.jsonl"), R"({"id": "q1", "prompt": "big 47?", "chosen": "A7", "rejected": "A7"})");
  const CommandResult equal = Train("pairs.jsonl", "student", "dpo");
  EXPECT_EQ(equal.exit_code, 2);
  EXPECT_THAT(equal.output, AllOf(HasSubstr("pairs.jsonl"), HasSubstr("\"q1\""), HasSubstr("the same tokens")));
  WriteFileAtomic(path("pairs.jsonl"), R"({"id": "q1", "prompt": "big 47?", "chosen": "A7", "rejected": "A9"})");
  const CommandResult mended = Train("pairs.jsonl", "student", "dpo");
  EXPECT_EQ(mended.exit_code, 0) << mended.output;
}

TEST_F(ObjectivesTest, AnExperimentRefusesWhatItsTeacherOrArmCannotGive) {
  ExpectRefused(Experiment({"student.objective.name=topk"}),
                {"student.objective.name=topk, arm teacher", "collect.sampling.top_logprobs"});
  ExpectRefused(Experiment({"student.objective.name=dpo"}),
                {"student.objective.name=dpo, arm teacher", "pairs", "build/train objective.name=dpo"});
  ExpectRefused(Experiment({"student.objective.name=fkl", "policies.use=[logprobs]"}),
                {"student.objective.name=fkl, arm teacher", "policies.use", "leave out the policy"});
  std::vector<std::string> oracle = {"teacher=oracle", "student.init.model=[" + path("tiny").string() + "]",
                                     Key("runs_dir", "runs"), Key("output_dir", "out")};
  for (const auto& [objective, told] :
       {std::pair("rkl", "choose teacher.kind=local"), {"topk", "reference solutions (kind oracle) shows text only"}}) {
    std::vector<std::string> words = oracle;
    words.push_back(std::string("student.objective.name=") + objective);
    ExpectRefused(Run("few_samples", words), {told});
  }
}

TEST_F(ObjectivesTest, ACellWithALiveTeacherSaysSoAndRepeats) {
  const auto run_of = [&](const std::string& runs) {
    for (const auto& entry : fs::directory_iterator(path(runs))) {
      if (fs::exists(entry.path() / "train.jsonl")) return entry.path();
    }
    return fs::path();
  };
  for (const char* runs : {"runs", "again"}) {
    const CommandResult result = Experiment({"student.objective.name=fkl", "student.objective.lmbda=0.5",
                                             "arms=[teacher]", "blocks=[]", Key("runs_dir", runs)});
    ASSERT_EQ(result.exit_code, 0) << result.output;
  }
  const fs::path run = run_of("runs");
  ASSERT_FALSE(run.empty());
  const json result = json::parse(ReadFile(run / "result.json"));
  EXPECT_EQ(result.at("live_teacher"), true);
  int64_t read = 0;
  for (const json& step : Lines(ReadFile(run / "train.jsonl"))) {
    EXPECT_EQ(step.at("teacher_sha256").get<std::string>().size(), 64u);
    EXPECT_GE(step.at("teacher_tokens").get<int64_t>(), read);
    read = step.at("teacher_tokens").get<int64_t>();
  }
  EXPECT_GT(read, 0);
  EXPECT_GT(result.at("teacher_tokens").get<int64_t>(), read) << "what it wrote for the rows is charged, too";
  EXPECT_EQ(run.filename(), run_of("again").filename());
  for (const char* file : {"result.json", "train.jsonl", "items.jsonl"}) {
    EXPECT_EQ(ReadFile(run / file), ReadFile(run_of("again") / file)) << file;
  }
  EXPECT_THAT(ReadFile(path("out/cells.csv")), HasSubstr("live_teacher"));
}

}  // namespace
}  // namespace retort::lab
