// What was charged stays charged: across restarts, torn lines and kill -9; and nobody gets more than there is.
#include "teacher/provider/charges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr int64_t kStart = 20'787 * kDay + 12 * kHour;  // 2026-11-30, noon

class ChargesTest : public ::testing::Test {
 protected:
  Charges Open(bool sync = false) {
    return Charges(
        file_, [this] { return now_; }, sync);
  }
  TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "charges.jsonl";
  int64_t now_ = kStart;
};

TEST_F(ChargesTest, GrantsWhatFitsEveryLimit) {
  Charges charges = Open();
  const UseLimits limits{.requests_a_day = 3, .tokens_a_day = 100};
  const auto first = charges.Hold("a", 60, limits);
  EXPECT_TRUE(first.granted);
  EXPECT_EQ(first.tokens, 40);
  const auto second = charges.Hold("a", 41, limits);
  EXPECT_FALSE(second.granted);
  EXPECT_EQ(second.retry_after, 12 * 3600) << "until midnight UTC";
  EXPECT_TRUE(charges.Hold("a", 40, limits).granted);
  EXPECT_TRUE(charges.Hold("a", 0, limits).granted);
  EXPECT_FALSE(charges.Hold("a", 0, limits).granted) << "the fourth request";
  EXPECT_TRUE(charges.Hold("b", 100, limits).granted) << "another account";
  EXPECT_TRUE(charges.Hold("a", 1'000'000'000'000, {}).granted) << "no limit";
  EXPECT_EQ(charges.OfDay("a").requests, 4);
}

TEST_F(ChargesTest, SettlesToTheDayThatWasCharged) {
  Charges charges = Open();
  const UseLimits limits{.tokens_a_day = 100, .tokens_a_month = 150};
  const auto held = charges.Hold("a", 100, limits);
  charges.Settle("a", held, -70);
  EXPECT_EQ(charges.OfDay("a").tokens, 30);
  const auto late = charges.Hold("a", 70, limits);
  now_ += kDay;  // 1 December: another month, too
  EXPECT_TRUE(charges.Hold("a", 90, limits).granted);
  charges.Settle("a", late, -70);
  EXPECT_EQ(charges.OfDay("a").tokens, 90) << "what was given back belongs to yesterday";
  EXPECT_EQ(charges.OfMonth("a").tokens, 90);
  now_ += kDay;
  EXPECT_FALSE(charges.Hold("a", 61, limits).granted) << "90 + 61 in a month";
  EXPECT_EQ(charges.Hold("a", 61, limits).retry_after, 29.5 * 86400 + 0) << "from noon of the 2nd to 1 January";
  EXPECT_TRUE(charges.Hold("a", 60, limits).granted);
}

TEST_F(ChargesTest, AClockSetBackRefillsNothing) {
  Charges charges = Open();
  const UseLimits limits{.requests_a_day = 1};
  EXPECT_TRUE(charges.Hold("a", 0, limits).granted);
  now_ -= 5 * kDay;
  EXPECT_FALSE(charges.Hold("a", 0, limits).granted);
}

TEST_F(ChargesTest, ARestartKnowsItAll) {
  for (const bool sync : {false, true}) {
    const std::string account = sync ? "with" : "without";
    {
      Charges charges = Open(sync);
      charges.Settle(account, charges.Hold(account, 100, {}), -58);
      charges.Hold(account, 1, {});
    }
    Charges charges = Open();
    EXPECT_EQ(charges.OfDay(account).tokens, 43);
    EXPECT_EQ(charges.OfDay(account).requests, 2);
    now_ += kDay;
    EXPECT_TRUE(charges.Hold(account, 0, {.requests_a_day = 1}).granted);
  }
  {
    now_ += 3 * kDay;
    Open().Hold("c", 0, {});
  }
  now_ -= 3 * kDay;
  Charges charges = Open();
  EXPECT_FALSE(charges.Hold("c", 0, {.requests_a_day = 1}).granted) << "nor does one between";
}

TEST_F(ChargesTest, ATornLineGoesAndAChangedOneIsNamed) {
  { Open().Hold("a", 7, {}); }
  const std::string whole = ReadFile(file_);
  for (const size_t cut : {size_t{1}, size_t{20}, whole.size() - whole.find("{\"charge") - 1}) {
    std::ofstream(file_, std::ios::binary) << whole << whole.substr(whole.find("{\"charge"), cut);
    EXPECT_EQ(Open().OfDay("a").tokens, 7);
    EXPECT_EQ(ReadFile(file_), whole);
  }
  std::string changed = whole;
  changed.replace(changed.find("\"tokens\":7"), 10, "\"tokens\":0");
  for (const std::string& text :
       {changed, whole + "{}\n", std::string("{}\n"), std::string("{\"retort_charges\":2}\n"), std::string("\n")}) {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << text;
    EXPECT_THAT(MessageOf([&] { Open(); }), HasSubstr("charges.jsonl:")) << text;
  }
}

TEST_F(ChargesTest, ALongJournalIsCondensedAndSaysTheSame) {
  {
    Charges charges = Open();
    for (int i = 0; i < 700; ++i) charges.Settle("a", charges.Hold("a", 10, {}), -3);
    charges.Hold("b", 5, {});
    now_ -= 2 * kDay;  // goes on counting today
    charges.Hold("c", 1, {});
    now_ += 2 * kDay;
  }
  const auto before = std::filesystem::file_size(file_);
  for (int i = 0; i < 2; ++i) {
    const Charges charges = Open();
    EXPECT_EQ(charges.OfDay("a").tokens, 4900);
    EXPECT_EQ(charges.OfDay("a").requests, 700);
    EXPECT_EQ(charges.OfDay("b").tokens, 5);
  }
  EXPECT_LT(std::filesystem::file_size(file_), before / 100);
  now_ += 2 * kDay;  // 2 December: day and month come apart
  {
    Charges charges = Open();
    for (int i = 0; i < 1200; ++i) charges.Hold("a", 1, {});
    now_ += kDay;
    charges.Hold("a", 7, {});
  }
  for (int i = 0; i < 2; ++i) {
    Charges charges = Open();
    EXPECT_EQ(charges.OfDay("a").tokens, 7);
    EXPECT_EQ(charges.OfMonth("a").tokens, 1207);
    EXPECT_EQ(charges.OfMonth("a").requests, 1201);
    EXPECT_EQ(charges.Hold("a", 4, {.tokens_a_month = 1210}).granted, false);
  }
}

TEST_F(ChargesTest, OneProcessCountsAtATime) {
  const Charges charges = Open();
  EXPECT_THAT(MessageOf([&] { Open(); }), HasSubstr("another process"));
}

TEST_F(ChargesTest, KillLosesNoChargeThatWasGranted) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    Charges charges = Open();
    for (;;) {  // each charge is told of when Hold has returned
      charges.Hold("a", 3, {});
      if (write(pipe_ends[1], "+", 1) != 1) _exit(0);
    }
  }
  close(pipe_ends[1]);
  std::array<char, 256> buffer{};
  int64_t told = 0;
  while (told < 500) told += read(pipe_ends[0], buffer.data(), buffer.size());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  for (ssize_t n = 0; (n = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;) told += n;
  close(pipe_ends[0]);
  const Used used = Open().OfDay("a");
  EXPECT_GE(used.requests, told);
  EXPECT_LE(used.requests, told + 1) << "one may have been written and not yet told of";
  EXPECT_EQ(used.tokens, 3 * used.requests);
}

}  // namespace
}  // namespace retort
