// What a collection costs, and the budget that it never overruns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/teacher/collector_fixture.h"

namespace retort {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// A teacher with a ledger: each request costs what it was asked to write at most.
class PaidTeacher : public FakeTeacher {
 public:
  bool UseLedger(Ledger* ledger) override {
    ledger_ = ledger;
    return true;
  }
  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      if (!ledger_->Open(next_, {.prompt_tokens = 30, .completion_tokens = 70})) {
        if (!on_reply({.id = request.id, .attempt = request.attempt, .error = "the budget is spent"})) return;
        continue;
      }
      if (killed_while_waiting) throw std::runtime_error("kill");
      FakeTeacher::Ask({&request, 1}, on_reply);
      ledger_->Close(next_++, {.prompt_tokens = 3, .completion_tokens = 5});
    }
  }
  bool killed_while_waiting = false;

 private:
  Ledger* ledger_ = nullptr;
  int64_t next_ = 0;
};

class PaidCollectorTest : public CollectorTest {
 protected:
  void Run(int rows) {
    Collect({.teacher = paid_, .task = *task_, .config = config_, .held_out = held_out_, .folder = dir_.path() / "c"},
            rows);
  }
  PaidTeacher paid_;
};

TEST_F(PaidCollectorTest, ChargesWhatTheRepliesCost) {
  config_.prices = {.input = 1e6, .output = 2e6, .source = "a test", .date = "today"};
  Run(4);
  EXPECT_EQ(ReadManifest().usage, (Usage{.prompt_tokens = 12, .completion_tokens = 20}));
  EXPECT_DOUBLE_EQ(ReadManifest().dollars, 12 + 40);
  EXPECT_EQ(ReadManifest().counts.at("sent"), 4);
}

TEST_F(PaidCollectorTest, ARequestThatAKillLeftOpenIsChargedAtItsMostAndAskedAgainOnce) {
  Run(3);
  paid_.killed_while_waiting = true;
  EXPECT_THROW(Run(5), std::runtime_error);
  paid_ = PaidTeacher();
  Run(5);
  EXPECT_THAT(paid_.asked, SizeIs(2));
  EXPECT_EQ(ReadManifest().counts.at("unanswered_when_killed"), 1);
  EXPECT_EQ(ReadManifest().counts.at("sent"), 6);
  EXPECT_EQ(ReadManifest().usage, (Usage{.prompt_tokens = 5 * 3 + 30, .completion_tokens = 5 * 5 + 70}));
  paid_.asked.clear();
  Run(5);
  EXPECT_THAT(paid_.asked, SizeIs(0));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 6) << "a finished collection asks no more";
}

TEST_F(PaidCollectorTest, TheBudgetIsNeverOverrunAlsoNotByFurtherRuns) {
  const auto failed = [&](int rows) {
    try {
      Run(rows);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("the budget is spent"));
      return true;
    }
    return false;
  };
  config_.budget.requests = 3;
  EXPECT_TRUE(failed(5));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 3);
  EXPECT_TRUE(failed(5));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 3);
  config_.budget = {.tokens = 3 * 8 + 100 + 8};  // room for two at their worst, one after the other
  EXPECT_TRUE(failed(6));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 5);
  config_.prices = {.output = 1e6};
  config_.budget = {.dollars = 5 * 5 + 69};
  EXPECT_TRUE(failed(6));
  EXPECT_EQ(ReadManifest().counts.at("sent"), 5);
  config_.budget.dollars += 1;
  EXPECT_FALSE(failed(6));
}

TEST_F(PaidCollectorTest, ADollarBudgetNeedsAPrice) {
  config_.budget.dollars = 1;
  EXPECT_THROW(Run(1), Error);
}

}  // namespace
}  // namespace retort
