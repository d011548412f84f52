// The log of a gateway: by the account that asked, from many threads, whatever a prompt holds; and a record of which a
// client could know is there after kill -9.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <thread>

#include "core/base/files.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/policy_chain.h"
#include "teacher/provider/request_log.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GatewayLogTest : public ::testing::Test {
 protected:
  PolicyChain Open(const std::string& sync = "never") const {
    std::vector<std::unique_ptr<Policy>> policies;
    policies.push_back(MakeLogPolicy({.folder = Folder().string(), .sync = sync}));
    return PolicyChain(std::move(policies));
  }
  std::filesystem::path Folder() const { return dir_.path() / "logs"; }
  static Exchange Of(const std::string& account, const std::string& prompt = "question") {
    Exchange exchange{.caller = {.key = "rk-CANARY", .address = "2001:db8:1:2::77", .endpoint = "/v1/completions"},
                      .model = "folds",
                      .choices = 3,
                      .account = {.name = account, .key = "k-" + account, .tier = "phone"},
                      .spent = {.prompt_tokens = 7, .completion_tokens = 30}};
    exchange.asked.prompt = {{"user", prompt}};
    return exchange;
  }
  static void Pass(const PolicyChain& chain, Exchange exchange) {
    Visit visit(chain, std::move(exchange));
    visit.Enter();
    visit.End();
  }
  std::vector<RequestRecord> Records() const {
    std::vector<RequestRecord> records;
    for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
      if (entry.path().extension() != ".jsonl") continue;
      ForEachRequest(entry.path(), [&](const RequestRecord& record) {
        records.push_back(record);
        return true;
      });
    }
    return records;
  }
  TempDir dir_;
};

TEST_F(GatewayLogTest, SaysWhoAskedWhatAndHowItEnded) {
  {
    const PolicyChain chain = Open();
    Pass(chain, Of("acc-1"));
    Exchange other = Of("acc-2");
    other.caller.address = "2001:db8:1:2:ffff::1";
    {
      Visit left(chain, other);
      left.Enter();
    }
    Pass(chain, Exchange{});
  }
  const auto records = Records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].account, "acc-1");
  EXPECT_EQ(records[0].key, "k-acc-1");
  EXPECT_EQ(records[0].tier, "phone");
  EXPECT_EQ(records[0].model, "folds");
  EXPECT_EQ(records[0].endpoint, "/v1/completions");
  EXPECT_EQ(records[0].choices, 3);
  EXPECT_EQ(records[0].prompt_tokens, 7);
  EXPECT_EQ(records[0].completion_tokens, 30);
  EXPECT_EQ(records[0].status, 200);
  EXPECT_EQ(records[1].account, "acc-2");
  EXPECT_EQ(records[1].status, 499);
  EXPECT_EQ(records[1].address, records[0].address) << "one subscriber of v6";
  EXPECT_EQ(records[2].account, "account-1") << "the config's, where nobody found one";
}

// Who is turned away before anybody knows who it is, by its address or a bad request, is nobody, and not the config's.
TEST_F(GatewayLogTest, WhoIsDeniedBeforeItIsKnownIsNobody) {
  {
    std::vector<std::unique_ptr<Policy>> policies;
    policies.push_back(MakeAddressBlockPolicy({.requests_a_minute = 1, .burst = 1}));
    policies.push_back(MakeLogPolicy({.folder = Folder().string()}));
    const PolicyChain chain(std::move(policies));
    for (int i = 0; i < 2; ++i) {
      Exchange exchange = Of("");
      exchange.account = {};
      Pass(chain, exchange);
    }
    Exchange inside;
    Pass(chain, inside);
  }
  const auto records = Records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].status, 429);
  for (const int i : {0, 1}) {
    const RequestRecord& record = records[static_cast<size_t>(i)];
    EXPECT_EQ(record.account + record.key + record.tier + record.payment, "");
    EXPECT_EQ(record.address.size(), 64u);
  }
  EXPECT_EQ(records[2].account, "account-1");
  EXPECT_EQ(records[2].tier, "email");
}

TEST_F(GatewayLogTest, AnyPromptIsOneRecordAndNoneOfItIsThere) {
  const std::vector<std::string> prompts = {
      "CANARY\r\nContent-Length: 0\r\n\r\n",    "CANARY\x1b[2J\x07",
      "CANARY\xe2\x80\xa8\xe2\x80\xa9\xc2\x85", "=cmd|' /C calc'!A0CANARY",
      "<script>alert('CANARY')</script>",       "{\"record\":{}}\n{\"record\":CANARY",
      std::string("CANARY\0CANARY", 13),        "CANARY\xff\xfe\xed\xa0\x80",
      std::string(100'000, '\n') + "CANARY",    ""};
  {
    const PolicyChain chain = Open();
    for (const std::string& prompt : prompts) Pass(chain, Of("acc-1", prompt));
    Exchange named = Of("acc-1");  // what a client names is in the log, and still one line of ASCII
    named.model = "=cmd()\r\n<script>\x1b\xe2\x80\xa8" + std::string(5000, 'x');
    Pass(chain, named);
  }
  EXPECT_EQ(Records().size(), prompts.size() + 1);
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    const std::string text = ReadFile(entry.path());
    if (entry.path().extension() != ".jsonl") continue;
    EXPECT_THAT(text, Not(HasSubstr("CANARY")));
    EXPECT_EQ(static_cast<size_t>(std::ranges::count(text, '\n')), prompts.size() + 2);
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < '\x7f'); }));
  }
}

TEST_F(GatewayLogTest, ManyThreadsWriteWholeRecords) {
  const int threads = 8, each = 50;
  {
    const PolicyChain chain = Open();
    std::vector<std::thread> all;
    all.reserve(threads);
    for (int t = 0; t < threads; ++t) {
      all.emplace_back([&chain, t] {
        for (int i = 0; i < each; ++i) Pass(chain, Of("acc-" + std::to_string(t)));
      });
    }
    for (auto& thread : all) thread.join();
  }
  std::map<std::string, int> counts;
  for (const RequestRecord& record : Records()) ++counts[record.account];
  ASSERT_EQ(counts.size(), static_cast<size_t>(threads));
  for (const auto& [account, count] : counts) EXPECT_EQ(count, each) << account;
}

TEST_F(GatewayLogTest, KillLosesNoRecordOfAnExchangeThatWasOver) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const PolicyChain chain = Open();
    for (;;) {  // the client is told when End has returned
      Pass(chain, Of("acc-1"));
      if (write(pipe_ends[1], "+", 1) != 1) _exit(0);
    }
  }
  close(pipe_ends[1]);
  std::array<char, 256> buffer{};
  size_t told = 0;
  const auto listen = [&] {
    const ssize_t n = read(pipe_ends[0], buffer.data(), buffer.size());
    told += static_cast<size_t>(std::max<ssize_t>(n, 0));
    return n > 0;
  };
  while (told < 300 && listen()) {
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (listen()) {
  }
  close(pipe_ends[0]);
  EXPECT_GE(told, 300u);
  const size_t written = Records().size();
  EXPECT_GE(written, told);
  EXPECT_LE(written, told + 1);
}

TEST_F(GatewayLogTest, EachRecordMayWaitForTheDisk) {
  const PolicyChain chain = Open("each");
  Pass(chain, Of("acc-1"));
  EXPECT_EQ(Records().size(), 1u);
}

}  // namespace
}  // namespace retort
