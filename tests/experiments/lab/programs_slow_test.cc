// The real programs, end to end, on a network so small that it learns nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include "core/data/sample_set.h"
#include "core/lm/checkpoint.h"
#include "core/lm/tokenizer.h"
#include "tests/experiments/lab/programs_fixture.h"

namespace retort::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const char* const kPrograms[] = {"collect", "train", "evaluate", "generate", "score", "few_samples"};

class LossesTest : public ProgramsTest {
 protected:
  // Losses of the first steps of each trained run in a table's cells.csv, by what the row is of.
  std::map<std::string, std::vector<double>> LossesOf(const std::string& runs, const std::string& output) const {
    std::map<std::string, std::vector<double>> losses;
    std::vector<std::string> columns;
    ForEachLine(path(output) / "cells.csv", [&](std::string_view line, int) {
      std::vector<std::string> cells;
      std::istringstream stream{std::string(line)};
      for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
      if (columns.empty()) columns = cells;
      const auto cell = [&](const char* name) {
        return cells.at(static_cast<size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin()));
      };
      const fs::path log = path(runs) / cell("run") / "train.jsonl";
      if (!fs::exists(log)) return true;
      std::vector<double>& of = losses[cell("task") + cell("arm") + cell("n") + "/" + cell("seed") + " " + cell("run")];
      for (const json& step : Lines(ReadFile(log))) of.push_back(step.at("loss"));
      return true;
    });
    return losses;
  }
};

TEST_F(ProgramsTest, HelpAndMistakes) {
  for (const char* program : kPrograms) {
    EXPECT_EQ(Run(program, {"--help"}).exit_code, 0) << program;
    const CommandResult bad = Run(program, {"modle=x", "threds=2"});
    EXPECT_EQ(bad.exit_code, 2) << program;
    EXPECT_THAT(bad.output, HasSubstr("modle")) << program;
    EXPECT_THAT(bad.output, HasSubstr("threds")) << program;
  }
  EXPECT_EQ(Run("evaluate", {"model=/no/such/model", "task=folds"}).exit_code, 2);
  EXPECT_EQ(Run("train", {"samples=/no/such/file", Key("base", "tiny"), Key("output_dir", "x")}).exit_code, 2);
}

TEST_F(ProgramsTest, CollectTrainEvaluate) {
  CommandResult result = CollectReferences("c", 8);
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const std::string samples = path("c/samples.jsonl").string();
  EXPECT_THAT(ReadSampleSet(samples).samples, SizeIs(8));

  const std::vector<std::string> train = {"samples=" + samples, Key("base", "tiny"), Key("output_dir", "student"),
                                          "trainer.max_steps=3"};
  result = Run("train", train);
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const std::string card = ReadFile(path("student/README.md"));
  EXPECT_THAT(card, HasSubstr("reference solutions"));
  EXPECT_THAT(card, HasSubstr(Sha256File(samples)));
  EXPECT_EQ(ModelCardField(path("student"), "license"), "apache-2.0");
  const std::string hash = Sha256File(path("student/model.safetensors"));
  EXPECT_NE(hash, Sha256File(path("tiny/model.safetensors")));

  result = Run("train", train);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("nothing to do"));
  std::vector<std::string> other = train;
  other.back() = "trainer.max_steps=4";
  EXPECT_EQ(Run("train", other).exit_code, 2) << "another run's folder";
  EXPECT_EQ(Sha256File(path("student/model.safetensors")), hash);

  result = Run("evaluate", {Key("model", "student"), "task=folds", "task.target=big", "evaluation.held_out=20",
                            "evaluation.retained=5", Key("output_dir", "e")});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("exact_match"));
  EXPECT_THAT(Lines(ReadFile(path("e/items.jsonl"))), SizeIs(20));
}

TEST_F(ProgramsTest, AKilledTrainingGoesOnToTheSameWeights) {
  ASSERT_EQ(CollectReferences("c", 16).exit_code, 0);
  const auto command = [&](const std::string& folder) {
    return std::vector<std::string>{Program("train"),
                                    "samples=" + path("c/samples.jsonl").string(),
                                    Key("base", "larger"),
                                    Key("output_dir", folder),
                                    "trainer.max_steps=400",
                                    "trainer.save_steps=20",
                                    "threads=1"};
  };
  ASSERT_EQ(RunCommand(command("whole")).exit_code, 0);
  Subprocess train(command("killed"), {.stderr_file = path("stderr")});
  for (int i = 0; i < 12'000 && !fs::exists(path("killed/checkpoint/state.json")) && !train.Poll(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  train.Kill(SIGKILL);
  train.Wait();
  ASSERT_FALSE(fs::exists(path("killed/config.json"))) << "it was over before it was killed";
  ASSERT_EQ(RunCommand(command("killed")).exit_code, 0);
  EXPECT_EQ(Sha256File(path("killed/model.safetensors")), Sha256File(path("whole/model.safetensors")));
  EXPECT_EQ(ReadFile(path("killed/train.jsonl")), ReadFile(path("whole/train.jsonl")));
  EXPECT_FALSE(fs::exists(path("killed/checkpoint")));
}

TEST_F(ProgramsTest, GenerateAnswersInOrderAndScoreAgrees) {
  std::string input;
  for (int i = 0; i < 40; ++i) input += json{{"text", "big " + std::to_string(1234 + 37 * i) + "?"}}.dump() + "\n";
  const std::vector<std::string> options = {Key("model", "tiny"), "max_new_tokens=12", "ignore_eos=true",
                                            "top_logprobs=0"};
  const CommandResult together = Run("generate", options, input);
  ASSERT_EQ(together.exit_code, 0) << together.output;
  const std::vector<json> answers = Lines(together.output);
  ASSERT_THAT(answers, SizeIs(40));
  std::vector<std::string> one_by_one = options;
  one_by_one.emplace_back("batch_size=1");
  EXPECT_EQ(Lines(Run("generate", one_by_one, input).output).at(17)["ids"], answers[17]["ids"]);

  const auto tokenizer = LoadTokenizer(path("tiny"));
  std::vector<int> ids = tokenizer->EncodeWithSpecials("big 1234?");
  if (tokenizer->adds_bos()) ids.insert(ids.begin(), tokenizer->bos_id());
  const size_t prompt = ids.size();
  for (const json& id : answers[0]["ids"]) ids.push_back(id);
  EXPECT_THAT(answers[0]["ids"], SizeIs(12));
  EXPECT_EQ(answers[0]["finish_reason"], "length");
  const CommandResult scored =
      Run("score", {Key("model", "tiny")}, json{{"ids", ids}}.dump() + "\n{\"text\":\"big\"}\n");
  ASSERT_EQ(scored.exit_code, 0) << scored.output;
  const std::vector<json> scores = Lines(scored.output);
  ASSERT_THAT(scores, SizeIs(2));
  EXPECT_EQ(scores[0]["ids"], json(ids));
  ASSERT_THAT(scores[0]["logprobs"], SizeIs(ids.size() - 1));
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(scores[0]["logprobs"][prompt - 1 + i].get<double>(), answers[0]["logprobs"][i].get<double>(), 1e-4);
  }
}

TEST_F(ProgramsTest, ABadLineIsNamedAndTheLinesBeforeItAreAnswered) {
  for (const char* program : {"generate", "score"}) {
    for (const char* bad : {"{\"text\": 3}", "{\"ids\": [1, 99999]}", "{\"ids\": []}", R"({"text": "a", "ids": [4]})",
                            "{\"ids\": [-1]}", "[", "{\"ids\": [true]}"}) {
      const CommandResult result = Run(program, {Key("model", "tiny")},
                                       std::string("{\"text\": \"big 12?\"}\n") + bad + "\n{\"text\": \"x\"}\n");
      EXPECT_EQ(result.exit_code, 2) << program << bad;
      EXPECT_THAT(result.output, HasSubstr("stdin:2")) << program << bad;
      EXPECT_THAT(result.output, HasSubstr("{\"")) << "the first line's answer " << program << bad;
    }
  }
  const CommandResult empty = Run("generate", {Key("model", "tiny")}, "\n");
  EXPECT_EQ(empty.exit_code, 0);
}

TEST_F(ProgramsTest, AClientMayWaitForEachAnswer) {
  for (const char* program : {"generate", "score"}) {
    Subprocess server({Program(program), Key("model", "tiny")},
                      {.pipe_stdin = true, .pipe_stdout = true, .stderr_file = path("stderr")});
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(server.WriteLine("{\"text\": \"big 12?\"}"));
      pollfd reply{server.stdout_fd(), POLLIN, 0};
      ASSERT_EQ(poll(&reply, 1, 60000), 1) << program << " waits for more lines";
      std::array<char, 4096> buffer{};
      ASSERT_GT(read(server.stdout_fd(), buffer.data(), buffer.size()), 0);
    }
    server.CloseStdin();
    EXPECT_EQ(server.Wait(), 0);
  }
}

TEST_F(ProgramsTest, FewSamplesRunsResumesAndRepeats) {
  const auto words = [&](const std::string& runs) { return SmallGrid(runs, "out"); };
  const CommandResult first = Run("few_samples", words("runs"));
  ASSERT_EQ(first.exit_code, 0) << first.output;
  for (const char* file : {"cells.csv", "summary.csv", "table.md", "index.html"}) {
    EXPECT_TRUE(fs::exists(path("out") / file)) << file;
  }
  const CommandResult second = Run("few_samples", words("runs"));
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_THAT(second.output, HasSubstr("nothing to compute"));
  ASSERT_EQ(Run("few_samples", words("again")).exit_code, 0);
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(path("runs"))) {
    const fs::path other = path("again") / entry.path().filename();
    for (const char* file : {"result.json", "items.jsonl", "train.jsonl", "samples.jsonl"}) {
      if (!fs::exists(entry.path() / file)) continue;
      EXPECT_EQ(ReadFile(entry.path() / file), ReadFile(other / file)) << other / file;
      ++compared;
    }
  }
  EXPECT_GE(compared, 20);
  // A likelihood metric, on the same models.
  std::vector<std::string> likelihood = words("runs");
  likelihood.emplace_back("evaluation.metric=bits_per_byte");
  const CommandResult bits = Run("few_samples", likelihood);
  EXPECT_EQ(bits.exit_code, 0) << bits.output;
  EXPECT_THAT(bits.output, HasSubstr("bits per byte"));
}

TEST_F(LossesTest, TheReferencePathHasRunsOfItsOwnThatAgree) {
  ASSERT_EQ(Run("few_samples", SmallGrid("runs", "fused")).exit_code, 0);
  std::vector<std::string> words = SmallGrid("runs", "reference");
  words.emplace_back("numerics=reference");
  const CommandResult reference = Run("few_samples", words);
  ASSERT_EQ(reference.exit_code, 0) << reference.output;
  const auto fused = LossesOf("runs", "fused"), plain = LossesOf("runs", "reference");
  ASSERT_GE(fused.size(), 4U);
  ASSERT_EQ(fused.size(), plain.size());
  for (auto a = fused.begin(), b = plain.begin(); a != fused.end(); ++a, ++b) {
    const size_t space = a->first.find(' ');
    EXPECT_EQ(a->first.substr(0, space), b->first.substr(0, space));
    EXPECT_NE(a->first, b->first);  // another run
    EXPECT_THAT(a->second, testing::Pointwise(testing::DoubleNear(1e-4), b->second)) << a->first;
  }
  words.back() = "numerics=fast";
  const CommandResult unknown = Run("few_samples", words);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.output, HasSubstr("reference"));
}

}  // namespace
}  // namespace retort::lab
