// A server that none of us wrote: llama.cpp with SmolLM2-135M, as scripts/llama-server starts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <thread>

#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "core/data/sample_set.h"
#include "teacher/api_teacher.h"
#include "tests/teacher/test_server.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::SizeIs;

const std::string kScript = std::string(RETORT_SOURCE_DIR) + "/scripts/llama-server";

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class LlamaCpp : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (RunCommand({kScript, "--check"}).exit_code != 0) return;
    folder_ = std::make_unique<TempDir>();
    port_ = ClosedPort();
    server_ = std::make_unique<Subprocess>(
        std::vector<std::string>{kScript, std::to_string(port_)},
        Subprocess::Options{.stderr_to_stdout = false, .stderr_file = folder_->path() / "server.log", .env = {}});
  }
  static void TearDownTestSuite() {
    server_.reset();
    folder_.reset();
  }
  void SetUp() override {
    if (!server_) GTEST_SKIP() << "llama.cpp is not installed: scripts/llama-server --install gets it";
  }

  static ApiTeacherConfig Config() {
    return {.base_url = "http://127.0.0.1:" + std::to_string(port_) + "/v1",
            .model = "SmolLM2-135M-Instruct",
            .concurrency = 2,
            .max_retries = 40,  // it takes seconds to start
            .backoff = 0.5,
            .max_backoff = 1};
  }
  static std::vector<Reply> Ask(const ApiTeacherConfig& config, const std::vector<Request>& requests) {
    std::vector<Reply> replies(requests.size());
    MakeApiTeacher(config)->Ask(requests, [&](Reply reply) {
      for (size_t i = 0; i < requests.size(); ++i) {
        if (requests[i].id == reply.id && requests[i].attempt == reply.attempt) replies[i] = reply;
      }
      return true;
    });
    return replies;
  }

  static std::unique_ptr<TempDir> folder_;
  static std::unique_ptr<Subprocess> server_;
  static int port_;
};
std::unique_ptr<TempDir> LlamaCpp::folder_;
std::unique_ptr<Subprocess> LlamaCpp::server_;
int LlamaCpp::port_ = 0;

Request Question(const std::string& text, int max_new_tokens = 20) {
  return {.id = text, .prompt = {{"user", text}}, .sampling = {.max_new_tokens = max_new_tokens}};
}

TEST_F(LlamaCpp, AnswersWholeAndAsAStreamAlike) {
  ApiTeacherConfig config = Config();
  const std::vector<Request> requests = {Question("What is the capital of France?", 80),
                                         Question("Count to three.", 4)};
  const std::vector<Reply> whole = Ask(config, requests);
  config.stream = true;
  const std::vector<Reply> stream = Ask(config, requests);
  EXPECT_THAT(Text(whole[0].completion), testing::HasSubstr("Paris"));
  EXPECT_EQ(whole[0].finish_reason, "stop");
  EXPECT_EQ(whole[1].finish_reason, "length");
  EXPECT_EQ(whole[1].usage.completion_tokens, 4);
  EXPECT_GT(whole[0].usage.prompt_tokens, 5);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(whole[i].error, "");
    EXPECT_EQ(stream[i].error, "");
    EXPECT_EQ(Text(stream[i].completion), Text(whole[i].completion));
    EXPECT_EQ(stream[i].finish_reason, whole[i].finish_reason);
  }
}

TEST_F(LlamaCpp, PlainTextGoesToCompletions) {
  ApiTeacherConfig config = Config();
  config.endpoint = "completions";
  config.stop = {"\n"};
  Request request{.id = "a", .prompt = {{"", "The capital of France is"}}, .sampling = {.max_new_tokens = 12}};
  const Reply reply = Ask(config, {request}).front();
  EXPECT_EQ(reply.error, "");
  EXPECT_THAT(Text(reply.completion), testing::HasSubstr("Paris"));
  EXPECT_EQ(Text(reply.completion).find('\n'), std::string::npos);
}

TEST_F(LlamaCpp, LogprobsSpellTheAnswer) {
  for (const char* endpoint : {"chat", "completions"}) {
    ApiTeacherConfig config = Config();
    config.endpoint = endpoint;
    Request request = Question("Name a colour.", 8);
    if (config.endpoint == "completions") request.prompt = {{"", "The sky is"}};
    request.sampling.top_logprobs = 3;
    const Reply reply = Ask(config, {request}).front();
    ASSERT_EQ(reply.error, "") << endpoint;
    ASSERT_FALSE(reply.logprobs.empty()) << endpoint;
    std::string spelt;
    for (const TokenLogprob& token : reply.logprobs) {
      spelt += token.bytes;
      EXPECT_LE(token.logprob, 0);
      ASSERT_FALSE(token.top.empty());
      // This server's greedy choice shuns repetition, so it is not always the most likely one.
      EXPECT_GE(token.top.front().logprob, token.logprob - 1e-3);
      EXPECT_TRUE(std::ranges::is_sorted(token.top, std::ranges::greater{}, &TokenLogprob::Top::logprob));
    }
    EXPECT_EQ(spelt, Text(reply.completion)) << endpoint;
  }
}

// It knows no `n` and gives one choice: the others are asked for again.
TEST_F(LlamaCpp, SeveralAttemptsComeAllTheSame) {
  ApiTeacherConfig config = Config();
  config.n_per_request = 3;
  config.backoff = 0.01;
  std::vector<Request> requests;
  for (int attempt = 0; attempt < 3; ++attempt) {
    requests.push_back(Question("Say a word.", 8));
    requests.back().attempt = attempt;
    requests.back().sampling.temperature = 1;
  }
  for (const Reply& reply : Ask(config, requests)) {
    EXPECT_EQ(reply.error, "");
    EXPECT_FALSE(reply.completion.empty());
  }
}

TEST_F(LlamaCpp, ACollectionKilledTwiceEndsAsOneThatWasNot) {
  const fs::path questions = folder_->path() / "questions.jsonl";
  {
    std::ofstream out(questions);
    for (int i = 0; i < 40; ++i) {
      out << R"({"question": "What is )" << i << R"( plus two?", "answer": ")" << i + 2 << "\"}\n";
    }
  }
  const auto command = [&](const std::string& name) {
    return std::vector<std::string>{std::string(RETORT_BINARY_DIR) + "/collect",
                                    "teacher=llama_server",
                                    "teacher.base_url=" + Config().base_url,
                                    "task=jsonl",
                                    "task.path=" + questions.string(),
                                    "task.max_new_tokens=16",
                                    "held_out=5",
                                    "n=24",
                                    "output_dir=" + (folder_->path() / name).string()};
  };
  const fs::path whole = folder_->path() / "whole", killed = folder_->path() / "killed";
  ASSERT_EQ(RunCommand(command("whole")).exit_code, 0);

  const auto lines = [&](const std::string& part) {
    return fs::exists(killed / "journal.jsonl") ? CountOf(ReadFile(killed / "journal.jsonl"), part) : 0;
  };
  for (const size_t answers : {5, 14}) {
    Subprocess run(command("killed"), {.stderr_file = folder_->path() / "log"});
    while (lines("\"event\":\"answer\"") < answers && !run.Poll()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    run.Kill(SIGKILL);
    run.Wait();
  }
  const size_t before = lines("\"event\":\"answer\"");
  EXPECT_LT(before, 24u) << "it was too fast to be killed in time";
  ASSERT_EQ(RunCommand(command("killed")).exit_code, 0);
  EXPECT_EQ(ReadFile(killed / "samples.jsonl"), ReadFile(whole / "samples.jsonl"));

  const Manifest manifest = ParseManifest(ReadFile(killed / "manifest.json"), "manifest.json");
  const int64_t lost = manifest.counts.at("unanswered_when_killed");
  EXPECT_LE(lost, 4) << "two kills with two in flight";
  // One that was answered and not yet closed is among the lost, and is not asked again.
  EXPECT_LE(manifest.counts.at("sent"), 24 + lost) << "an answered question was asked again";
  EXPECT_GE(manifest.counts.at("sent"), 24);
}

}  // namespace
}  // namespace retort
