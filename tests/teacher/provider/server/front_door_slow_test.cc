// The real program, killed while clients ask: what they were told stands in the log, and what it cost in the journal.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/subprocess.h"
#include "teacher/provider/charges.h"
#include "teacher/provider/request_log.h"
#include "tests/teacher/provider/gateway_files.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {
namespace {

class Serve {
 public:
  explicit Serve(const GatewayFiles& files)
      : process_({std::string(RETORT_BINARY_DIR) + "/serve", "port=0", "threads=1",
                  "teacher.model=models/folds-scholar", "policies.use=[quota,accounts,log]",
                  "policies.accounts.file=" + files.accounts().string(), "policies.quota.tokens_a_day=[1000000000]",
                  "policies.quota.file=" + (files.folder() / "charges.jsonl").string(),
                  "policies.log.folder=" + (files.folder() / "logs").string()},
                 {.pipe_stdout = true}) {
    std::string line;
    for (char c = 0; c != '\n' && read(process_.stdout_fd(), &c, 1) == 1;) line += c;
    const size_t colon = line.rfind(':');
    if (colon != std::string::npos) port_ = std::stoi(line.substr(colon + 1));
  }
  int port() const { return port_; }
  void Kill() {
    process_.Kill(SIGKILL);
    process_.Wait();
  }

 private:
  Subprocess process_;
  int port_ = 0;
};

TEST(FrontDoor, KillLosesNothingThatAClientWasTold) {
  const GatewayFiles files;
  const std::string header = "Authorization: Bearer " + files.key("email") + "\r\n";
  std::atomic<int> told = 0;
  std::atomic<int64_t> tokens = 0;
  for (int round = 0; round < 2; ++round) {
    Serve serve(files);
    ASSERT_GT(serve.port(), 0);
    std::atomic<bool> up = true;
    std::vector<std::thread> clients;
    clients.reserve(4);
    const int before = told;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&, i] {
        const nlohmann::json body = {
            {"model", "folds-scholar"}, {"prompt", "max 4729?"}, {"max_tokens", 30}, {"n", 2}, {"stream", i % 2 == 1}};
        while (up) {
          SeenReply reply;
          try {
            reply = Post(serve.port(), "/v1/completions", body, header);
          } catch (const std::runtime_error&) {  // nobody listens any more
            continue;
          }
          const bool whole = i % 2 == 1 ? reply.done() : reply.status == 200;
          if (!whole) {
            EXPECT_TRUE(reply.status == 200 || reply.status == 0) << reply.body;
            continue;
          }
          ++told;
          if (i % 2 == 0) tokens += reply.json()["usage"]["total_tokens"].get<int64_t>();
        }
      });
    }
    for (int i = 0; i < 6000 && told < before + 60; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    serve.Kill();
    up = false;
    for (auto& client : clients) client.join();
    ASSERT_GE(told, before + 60);
  }
  int records = 0;
  int64_t logged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(files.folder() / "logs")) {
    if (entry.path().extension() != ".jsonl") continue;
    const auto size = std::filesystem::file_size(entry.path());
    std::string text = ReadFile(entry.path());
    text.resize(text.rfind('\n') + 1);  // as RequestLog does on opening: a line that the kill cut is none
    EXPECT_LE(size - text.size(), 65536u);
    WriteFileAtomic(entry.path(), text);
    ForEachRequest(entry.path(), [&](const RequestRecord& record) {
      EXPECT_EQ(record.account, "acc-email");
      records += record.status == 200 ? 1 : 0;
      logged += record.prompt_tokens + record.completion_tokens;
      return true;
    });
  }
  EXPECT_GE(records, told);
  EXPECT_GE(logged, tokens);
  Charges charges(
      files.folder() / "charges.jsonl", [] { return int64_t{0}; }, false);
  EXPECT_GE(charges.OfDay("acc-email").requests, told);
  EXPECT_GE(charges.OfDay("acc-email").tokens, logged) << "what the log tells of was charged, and what was cut off too";
}

}  // namespace
}  // namespace retort
