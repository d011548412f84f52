// What the log policy writes of a guarded teacher's exchanges, and what is never in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "teacher/provider/request_log.h"
#include "tests/core/base/message_of.h"
#include "tests/teacher/provider/guarded_fixture.h"

namespace retort {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class LoggedTeacherTest : public ::testing::Test {
 protected:
  PoliciesConfig Config(std::vector<std::string> use) const {
    PoliciesConfig config{.use = std::move(use)};
    config.filter.patterns = {"bad"};
    config.log = {.folder = (dir_.path() / "logs").string(),
                  .account = "acc-9",
                  .payment_env = "RETORT_TEST_PAYMENT",
                  .address_env = "RETORT_TEST_ADDRESS"};
    return config;
  }
  void SetUp() override {
    setenv("RETORT_TEST_PAYMENT", "PAY-8K6W", 1);
    setenv("RETORT_TEST_ADDRESS", "192.0.2.77", 1);
  }
  void TearDown() override {
    unsetenv("RETORT_TEST_PAYMENT");
    unsetenv("RETORT_TEST_ADDRESS");
  }
  std::vector<std::filesystem::path> Files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path() / "logs")) {
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
    return files;
  }
  std::vector<RequestRecord> Records() const {
    std::vector<RequestRecord> records;
    for (const auto& file : Files()) {
      ForEachRequest(file, [&](const RequestRecord& record) {
        records.push_back(record);
        return true;
      });
    }
    return records;
  }
  TempDir dir_;
};

TEST_F(LoggedTeacherTest, OneRecordARequestWithWhatPoliciesDid) {
  {
    const Guarded guarded(Config({"filter", "logprobs", "hide_reasoning", "log"}), true);
    guarded.teacher->card();
    EXPECT_FALSE(std::filesystem::exists(dir_.path() / "logs")) << "no file before a reply";
    EXPECT_EQ(guarded.All({Ask("a"), Ask("b", "bad"), Ask("c")}).size(), 3u);
  }
  const auto records = Records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_THAT(records[0].actions, ElementsAre("filter.refused"));
  EXPECT_EQ(records[0].status, 403);
  EXPECT_EQ(records[0].top_logprobs, 20) << "as the client asked";
  EXPECT_THAT(records[1].actions, ElementsAre("logprobs.cut", "reasoning.hidden"));
  EXPECT_EQ(records[1].status, 200);
  EXPECT_EQ(records[1].prompt_tokens, 10);
  EXPECT_EQ(records[1].prompt, records[2].prompt) << "the same question";
  EXPECT_NE(records[1].prompt, records[0].prompt);
  EXPECT_GT(records[1].time_ms, 1'700'000'000'000);
  EXPECT_EQ(records[1].payment.size(), 64u);
}

TEST_F(LoggedTeacherTest, SeesWhatPassesItsPlace) {
  { EXPECT_EQ(Guarded(Config({"log", "filter"})).All({Ask("a"), Ask("b", "bad")}).size(), 2u); }
  EXPECT_EQ(Records().size(), 1u) << "the filter stands outside: its refusals never come so far";
}

TEST_F(LoggedTeacherTest, NoTextKeyOrAddressIsInIt) {
  {
    const Guarded guarded(Config({"log"}), true);
    guarded.All(
        {Ask("id-" + std::string(kSecret), std::string("my key is ") + kSecret + " and\nmore\x1b[0m\xe2\x80\xa8")});
  }
  std::string all;
  for (const auto& file : Files()) all += ReadFile(file);
  for (const std::string canary : {"CANARY", "7Q5Z", "my key", "PAY-8K6W", "8K6W", "192.0.2.77", "42 for"}) {
    EXPECT_THAT(all, Not(HasSubstr(canary)));
  }
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2) << "the head and one record";
}

TEST_F(LoggedTeacherTest, PaymentAndAddressAreTakenFromTheEnvironmentAndNeverShown) {
  PoliciesConfig config = Config({"log"});
  EXPECT_THAT(ToToml(config), Not(HasSubstr("PAY-8K6W")));
  { EXPECT_EQ(Guarded(config).All({Ask("a")}).size(), 1u); }
  setenv("RETORT_TEST_PAYMENT", "PAY-1111", 1);
  { EXPECT_EQ(Guarded(config).All({Ask("a")}).size(), 1u); }
  const auto records = Records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_NE(records[0].payment, records[1].payment);
  EXPECT_EQ(records[0].address, records[1].address);

  const auto problem = [&] { return MessageOf([&] { MakePolicies(config); }); };
  config.log.payment_env = "PAY-8K6W";  // the value in place of the name
  EXPECT_THAT(problem(), AllOf(HasSubstr("policies.log.payment_env"), Not(HasSubstr("8K6W"))));
  setenv("RETORT_TEST_PAYMENT", "", 1);
  config.log.payment_env = "RETORT_TEST_PAYMENT";
  EXPECT_THAT(problem(), HasSubstr("empty"));
}

}  // namespace
}  // namespace retort
