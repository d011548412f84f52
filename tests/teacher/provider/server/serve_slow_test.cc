// The program as its operator runs it: told to stop, and what it says to nobody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/base/subprocess.h"
#include "teacher/provider/accounts.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class ServeTest : public testing::Test {
 protected:
  ServeTest() : folder_(std::filesystem::temp_directory_path() / ("serve-test-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~ServeTest() override { std::filesystem::remove_all(folder_); }

  void Start(std::vector<std::string> words) {
    words.insert(words.begin(), {std::string(RETORT_BINARY_DIR) + "/serve", "port=0", "threads=1"});
    server_ = std::make_unique<Subprocess>(
        words, Subprocess::Options{.pipe_stdout = true, .stderr_file = folder_ / "stderr", .env = {}, .cores = {}});
    for (const double end = MonotonicSeconds() + 30; said_.find('\n') == std::string::npos;) {
      ASSERT_LT(MonotonicSeconds(), end) << ReadFile(folder_ / "stderr", 1 << 20);
      ReadOutput();
    }
    port_ = std::stoi(said_.substr(said_.rfind(':') + 1));
  }
  int Stop() {
    server_->Kill(SIGTERM);
    const int code = server_->Wait();
    ReadOutput();
    return code;
  }
  // All that the server wrote, and all that stands in its folder.
  std::string EverythingSaid() const {
    std::string all = said_;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) all += ReadFile(entry.path(), 64 << 20);
    }
    return all;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Subprocess> server_;
  int port_ = 0;

 private:
  void ReadOutput() {
    pollfd entry{.fd = server_->stdout_fd(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, 100) <= 0) return;
    std::array<char, 4096> bytes;
    const ssize_t n = ::read(entry.fd, bytes.data(), bytes.size());
    if (n > 0) said_.append(bytes.data(), static_cast<size_t>(n));
  }
  std::string said_;
};

TEST_F(ServeTest, ToldToStopItEndsWhatItWasDoing) {
  Start({"drain_seconds=20", "gateway.max_answers=100"});
  RawClient client(port_);
  Json body = {
      {"model", "folds-teacher"}, {"prompt", "big 4729?"}, {"max_tokens", 200}, {"n", 100}, {"ignore_eos", true}};
  client.Send(PostBytes("/v1/completions", body.dump()));
  // It has begun where there is no room for another: one that is refused for its length takes none itself.
  body.update({{"n", 1}, {"prompt", std::string(1000, '7')}});
  for (int status = 400; status == 400; status = Post(port_, "/v1/completions", body).status) {
  }
  server_->Kill(SIGTERM);
  const SeenReply reply = client.Read(20);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_EQ(server_->Wait(), 0);
  EXPECT_EQ(ReadFile(folder_ / "stderr", 1 << 20), "");
}

// A key in every place where one could be put, right or wrong, and a prompt to go with it.
TEST_F(ServeTest, NoKeyAndNoPromptIsEverWritten) {
  const std::filesystem::path accounts = folder_ / "accounts.jsonl";
  const std::string key = AddKey(accounts, {.name = "lab", .tier = "email"}, "");
  const std::string secret = key.substr(key.rfind('-') + 1), bearer = "Authorization: Bearer " + key + "\r\n";
  Start({"policies.use=[quota,accounts,log]", "policies.accounts.file=" + accounts.string(),
         "policies.quota.requests_a_day=[5]", "policies.quota.file=" + (folder_ / "charges.jsonl").string(),
         "policies.log.folder=" + (folder_ / "logs").string()});
  const std::string body = Json({{"model", "folds-teacher"}, {"prompt", "tell CANARY"}, {"user", key}}).dump();
  EXPECT_EQ(PostText(port_, "/v1/completions", body, bearer).status, 200);
  const std::vector<std::array<std::string, 3>> asked = {
      {"/v1/completions?api_key=" + key, body, ""},
      {"/v1/" + key, body, bearer},
      {"/v1/completions", body, "Authorization: " + key + "\r\n"},
      {"/v1/completions", body, bearer + bearer},
      {"/v1/completions", "{\"CANARY\":" + key, bearer},
      {"/v1/completions", R"({"model":"CANARY","prompt":[]})", bearer},
      {"/v1/completions", body, "Authorization: Bearer " + key + "x\r\n"},
      {"/v1/completions", body, "X-Api-Key: " + key + "\r\nBad Header " + key + "\r\n"}};
  for (const auto& [path, text, headers] : asked) {
    const SeenReply reply = PostText(port_, path, text, headers);
    EXPECT_GE(reply.status, 400) << path;
    EXPECT_THAT(reply.head + reply.body, Not(HasSubstr(secret)));
  }
  RawClient raw(port_);
  raw.Send(key + " CANARY\r\n\r\n");
  EXPECT_THAT(raw.ReadBytes(100), Not(HasSubstr(secret)));
  EXPECT_EQ(Stop(), 0);
  const std::string all = EverythingSaid();
  EXPECT_THAT(all, HasSubstr("\"record\""));
  EXPECT_THAT(all, Not(HasSubstr(secret)));
  EXPECT_THAT(all, Not(HasSubstr("CANARY")));
}

}  // namespace
}  // namespace retort
