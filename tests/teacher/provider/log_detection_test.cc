// Detectors over logs: reading keeps who asked what when; a campaign is found by what it shares, honest people are left
// alone.
#include "teacher/provider/log_detection.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/stats/detection.h"
#include "teacher/provider/cluster_detector.h"
#include "teacher/provider/pseudonyms.h"
#include "teacher/provider/request_log.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kDay = 86'400'000, kStart = 20'000 * kDay;

class LoggedMonthTest : public ::testing::Test {
 protected:
  struct Line {
    std::string account;
    double day = 0;
    std::string prompt = "what is it?";
    int status = 200, choices = 1;
    std::string payment, address;
  };
  void Write(const std::string& file, const std::vector<Line>& lines, const Pseudonyms& names) const {
    RequestLog log(dir_.path() / file, {.salt = names.id()});
    for (const Line& line : lines) {
      const std::vector<Message> prompt = {{"user", line.prompt}};
      log.Append({.time_ms = kStart + static_cast<int64_t>(line.day * static_cast<double>(kDay)),
                  .account = line.account,
                  .payment = names.Of("payment", line.payment),
                  .address = names.Of("address", line.address),
                  .prompt = names.OfPrompt(prompt),
                  .choices = line.choices,
                  .status = line.status,
                  .template_shape = names.Of("template", TemplateShape(prompt)),
                  .features = TextFeaturesOf(prompt)});
    }
  }
  TempDir dir_;
  Pseudonyms names_{"a salt of this test, 32 bytes long"};
};

TEST_F(LoggedMonthTest, KeepsWhoAskedWhatWhen) {
  Write("2.jsonl", {{"b", 2.5, "later"}, {"a", 0.9, "first", 200, 1, "PAY-1"}, {"c", 1, "x", 200, 1, "", "192.0.2.1"}},
        names_);
  Write("1.jsonl",
        {{"b", 0.1, "1 2 3"},
         {"b", 0.2, "1 2 4", 499, 1, "PAY-1", "192.0.2.1"},
         {"b", 1, "denied", 429},
         {"b", 1, "forbidden", 403},
         {"", 1, "no key", 401},
         {"b", 1, "models", 200, 0},
         {"d", 1.5}},
        names_);
  std::ofstream(dir_.path() / "salt") << "no log";
  const LoggedMonth month = ReadLoggedMonth(dir_.path());
  EXPECT_EQ(month.days, 3);
  ASSERT_EQ(month.accounts.size(), 4u);
  const LoggedAccount& b = month.accounts[1];
  EXPECT_EQ(b.name, "b");
  EXPECT_THAT(b.daily, ElementsAre(2, 0, 1));
  EXPECT_EQ(b.requests[0].shape, b.requests[1].shape) << "one template";
  EXPECT_NE(b.requests[0].shape, b.requests[2].shape);
  EXPECT_EQ(month.groups.size(), 2u) << "a and c through b, which has links of both; d alone";
  EXPECT_EQ(month.accounts[0].group, month.accounts[2].group);
  std::vector<Features> read(2);
  b.Sent().latest(3, read);
  EXPECT_EQ(read[1], b.requests[2].at);
  EXPECT_EQ(read[0], b.requests[1].at);
  b.Sent().latest(1, read);
  EXPECT_EQ(read[1], b.requests[1].at) << "no day sees what comes after it";
}

TEST_F(LoggedMonthTest, WhatCannotBeRead) {
  EXPECT_THAT(MessageOf([&] { ReadLoggedMonth(dir_.path()); }), HasSubstr("no request log"));
  Write("1.jsonl", {{"a", 0, "denied", 429}}, names_);
  EXPECT_THAT(MessageOf([&] { ReadLoggedMonth(dir_.path()); }), HasSubstr("no request that was answered"));
  Write("2.jsonl", {{"a", 0}}, Pseudonyms("another salt, also 32 bytes long"));
  EXPECT_THAT(MessageOf([&] { ReadLoggedMonth(dir_.path()); }), HasSubstr("2.jsonl"));
  Write("3.jsonl", {{"a", 0}, {"a", 500}}, names_);
  EXPECT_THAT(MessageOf([&] { ReadLoggedMonth(dir_.path() / "3.jsonl"); }), HasSubstr("501 days"));
}

TEST_F(LoggedMonthTest, MeasuresBecomeDeviationsOfTheHonest) {
  Write("1.jsonl", {{"a", 0, "one"}, {"a", 0, "two words"}, {"b", 0, "three words 33"}, {"b", 1, "FOUR."}}, names_);
  LoggedMonth month = ReadLoggedMonth(dir_.path());
  TextScale(month).Apply(month);
  for (size_t j = 0; j < kFeatures; ++j) {
    double sum = 0, squares = 0;
    for (const auto& account : month.accounts) {
      for (const auto& request : account.requests) {
        sum += request.at[j];
        squares += std::pow(request.at[j], 2);
      }
    }
    EXPECT_NEAR(sum, 0, 1e-5);
    EXPECT_TRUE(std::abs(squares - 4) < 1e-4 || squares == 0) << j << ": " << squares;
  }
}

// A month of synthetic accounts: honest ones ask all sorts of things, in words and forms of their own.
class Month {
 public:
  explicit Month(uint64_t seed) : random_(seed, "month") { month_.days = 30; }

  void Honest(int accounts) {
    for (int i = 0; i < accounts; ++i) {
      const auto requests = 3 + random_.Below(120);
      const uint64_t habit = random_.Below(12);
      std::vector<std::string> prompts;
      for (uint64_t k = 0; k < requests; ++k) {
        const uint64_t form = random_.Uniform() < 0.7 ? habit : random_.Below(12);
        std::string prompt = form % 3 == 0 ? "Please explain" : form % 3 == 1 ? "how do i" : "Compare";
        for (uint64_t w = 0; w < 2 + random_.Below(4) + form; ++w) prompt += " " + Word();
        if (form % 4 == 0) prompt += fmt::format(" {}", random_.Below(100'000));
        prompts.push_back(prompt + (form % 2 == 0 ? "?" : "."));
      }
      Add(fmt::format("honest-{}", i), prompts);
    }
  }
  void Campaign(int accounts, int each, const std::string& name = "guilty") {
    for (int i = 0; i < accounts; ++i) {
      std::vector<std::string> prompts;
      prompts.reserve(static_cast<size_t>(each));
      for (int k = 0; k < each; ++k) prompts.push_back(fmt::format("big {}?", 1000 + random_.Below(9000)));
      Add(fmt::format("{}-{}", name, i), prompts);
    }
  }
  LoggedMonth Take() { return std::move(month_); }

 private:
  std::string Word() {
    std::string word;
    for (uint64_t i = 0; i < 2 + random_.Below(8); ++i) word += static_cast<char>('a' + random_.Below(26));
    return word;
  }
  void Add(const std::string& name, const std::vector<std::string>& prompts) {
    LoggedAccount account{.name = name, .daily = std::vector<int64_t>(30), .group = month_.groups.size()};
    std::vector<size_t> days(prompts.size());
    for (size_t& day : days) day = random_.Below(30);
    std::ranges::sort(days);
    for (size_t k = 0; k < prompts.size(); ++k) {
      const std::vector<Message> prompt = {{"user", prompts[k]}};
      const auto features = TextFeaturesOf(prompt);
      LoggedRequest request{.time_ms = static_cast<int64_t>(days[k]) * kDay,
                            .shape = StableHash(1, TemplateShape(prompt))};
      for (size_t j = 0; j < kFeatures; ++j) request.at[j] = static_cast<float>(features[j]);
      account.requests.push_back(request);
      ++account.daily[days[k]];
    }
    month_.groups.push_back({month_.accounts.size()});
    month_.accounts.push_back(std::move(account));
  }

  RandomStream random_;
  LoggedMonth month_;
};

LoggedMonth Honest(uint64_t seed, int accounts = 300) {
  Month month(seed);
  month.Honest(accounts);
  return month.Take();
}

size_t Place(std::string_view detector) {
  return static_cast<size_t>(std::ranges::find(kLogDetectorNames, detector) - kLogDetectorNames.begin());
}

int Ringing(const LogFindings& findings, std::string_view detector, std::string_view begins_with) {
  return static_cast<int>(std::ranges::count_if(findings.accounts, [&](const AccountFinding& account) {
    return account.account.starts_with(begins_with) && account.alarm_day[Place(detector)] > 0;
  }));
}

TEST(LogDetection, ACampaignThatSharesATemplateIsFoundWhateverEachSends) {
  Month month(2);
  month.Honest(300);
  month.Campaign(40, 8);
  const LogFindings findings = DetectInLogs(Honest(50), month.Take(), {});
  EXPECT_EQ(Ringing(findings, "cluster", "guilty"), 40);
  EXPECT_EQ(Ringing(findings, "volume", "guilty"), 0) << "eight requests are nothing";
  EXPECT_EQ(Ringing(findings, "prada", "guilty"), 0) << "and no window";
  for (const auto detector : kLogDetectorNames) {
    EXPECT_LE(Ringing(findings, detector, "honest"), 8) << detector << ": one is allowed, and a tail is a guess";
  }
}

TEST(LogDetection, ALoudDistillerIsFoundByVolumeAndByItsText) {
  Month month(3);
  month.Honest(300);
  month.Campaign(1, 3000);
  const LogFindings findings = DetectInLogs(Honest(50), month.Take(), {});
  for (const char* detector : {"volume", "mmd", "fused"})
    EXPECT_EQ(Ringing(findings, detector, "guilty"), 1) << detector;
  EXPECT_EQ(Ringing(findings, "cluster", "guilty"), 0) << "nobody else asks so";
}

TEST(LogDetection, AnotherHonestMonthRingsAboutAsOftenAsAllowed) {
  std::array<int, kLogDetectors> rung{};
  const int months = 8;
  LoggedMonth last = Honest(50);
  for (int i = 0; i < months; ++i) {
    LoggedMonth next = Honest(51 + static_cast<uint64_t>(i));
    const LogFindings findings = DetectInLogs(last, next, {.honest_alarms = 3});
    last = std::move(next);
    for (size_t k = 0; k < kLogDetectors; ++k) rung[k] += Ringing(findings, kLogDetectorNames[k], "honest");
  }
  for (size_t k = 0; k < kLogDetectors; ++k) {
    // 24 are allowed in eight months. A threshold comes from some 150 accounts, of which one or two lie beyond it: a
    // single month's may be off by a factor of five, eight different ones are together within two.
    EXPECT_LE(rung[k], 48) << kLogDetectorNames[k];
  }
}

TEST(LogDetection, SaysHowWellItsThresholdsAreKnown) {
  const LogFindings few = DetectInLogs(Honest(1, 60), Honest(2, 60), {.honest_alarms = 1});
  EXPECT_NEAR(few.asked_rate, 1.0 / 60, 1e-12);
  for (size_t k = 0; k < kLogDetectors; ++k) {
    const FalseAlarms& alarms = few.false_alarms[k];
    const Interval exact = ClopperPearson(alarms.beyond, alarms.accounts);
    EXPECT_EQ(alarms.rate.low, exact.low);
    EXPECT_EQ(alarms.rate.high, exact.high);
    // Half of the accounts, but for volume.
    EXPECT_EQ(Resolves(alarms, few.asked_rate), k == Place("volume")) << kLogDetectorNames[k];
  }
  EXPECT_EQ(few.false_alarms[Place("volume")].accounts, 60);
  EXPECT_LT(few.false_alarms[Place("mmd")].accounts, 45);
  const LogFindings many = DetectInLogs(Honest(1, 300), Honest(2, 60), {.honest_alarms = 12});
  for (size_t k = 0; k < kLogDetectors; ++k) {
    const FalseAlarms& alarms = many.false_alarms[k];
    EXPECT_TRUE(Resolves(alarms, 0.04));
    if (k == Place("linked_mmd")) {
      EXPECT_EQ(alarms.beyond, 0) << "nobody is linked";
      continue;
    }
    EXPECT_LE(alarms.rate.low, 0.04);
    EXPECT_GE(alarms.rate.high, 0.04) << "what was asked for is among what is possible";
    EXPECT_LT(alarms.rate.high, 0.15);
  }
}

TEST(LogDetection, LinkedAccountsAreOneWhenThresholdsAreJudged) {
  LoggedMonth honest = Honest(1, 60);
  for (size_t i = 0; i < 60; i += 2) {
    honest.accounts[i + 1].group = honest.accounts[i].group = i / 2;
    honest.groups[i / 2] = {i, i + 1};
  }
  honest.groups.resize(30);
  const LogFindings findings = DetectInLogs(std::move(honest), Honest(2, 60), {});
  EXPECT_EQ(findings.false_alarms[Place("volume")].accounts, 30);
  EXPECT_LT(findings.false_alarms[Place("mmd")].accounts, 25);
}

// The coverage of the intervals: thresholds of many honest months, each tried on as many accounts again.
TEST(LogDetection, TheIntervalOfFalseAlarmsHoldsThoseOfOtherAccounts) {
  int held = 0, tried = 0;
  const LoggedMonth others = Honest(900, 600);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const LogFindings findings = DetectInLogs(Honest(100 + seed, 120), others, {.honest_alarms = 6});
    for (const char* detector : {"volume", "prada", "mmd"}) {
      const double rate = Ringing(findings, detector, "honest") / 600.0;
      const Interval& said = findings.false_alarms[Place(detector)].rate;
      held += said.low - 0.01 <= rate && rate <= said.high + 0.01;  // 600 tell a rate of 5 % to a standard error of 0.9
      ++tried;
    }
  }
  EXPECT_EQ(tried, 24);
  EXPECT_GE(held, 21) << "19 of 20 are promised";
}

TEST(LogDetection, IsTheSameAgain) {
  Month month(2);
  month.Honest(60);
  month.Campaign(5, 8);
  const LoggedMonth honest = Honest(1, 60), read = month.Take();
  const LogFindings one = DetectInLogs(honest, read, {}), other = DetectInLogs(honest, read, {});
  for (size_t i = 0; i < one.accounts.size(); ++i) EXPECT_EQ(one.accounts[i].score, other.accounts[i].score);
}

TEST(LogDetection, WhatCannotBeCompared) {
  EXPECT_THAT(MessageOf([&] { DetectInLogs(Honest(1, 19), Honest(2), {}); }), HasSubstr("19 accounts"));
  LoggedMonth other = Honest(2, 30);
  other.salt = "another";
  EXPECT_THAT(MessageOf([&] { DetectInLogs(Honest(1, 30), std::move(other), {}); }), HasSubstr("salt"));
  LoggedMonth linked = Honest(1, 30);
  linked.groups = {std::vector<size_t>(30)};
  std::iota(linked.groups[0].begin(), linked.groups[0].end(), size_t{0});
  for (auto& account : linked.accounts) account.group = 0;
  EXPECT_THAT(MessageOf([&] { DetectInLogs(std::move(linked), Honest(2, 30), {}); }), HasSubstr("linked"));
}

TEST(ClusterDetector, CountsWhatOthersSendBeyondWhatIsUsual) {
  const auto month = [](const std::vector<std::vector<uint64_t>>& shapes) {
    LoggedMonth made;
    for (const auto& of : shapes) {
      LoggedAccount account;
      for (const uint64_t shape : of) account.requests.push_back({.shape = shape});
      made.accounts.push_back(std::move(account));
    }
    return made;
  };
  // Shape 1 is common: 4 of 8 requests.
  const ClusterDetector detector(month({{1, 1, 1, 2}, {1, 3, 4, 5}}), std::vector<size_t>{0, 1});
  const LoggedMonth now =
      month({{1, 1, 9, 9}, {1, 9, 9, 6}, {7, 7, 7, 7}, {}, {9, 9, 9, 9}, std::vector<uint64_t>(12, 8)});
  std::vector<size_t> all(now.accounts.size());
  std::iota(all.begin(), all.end(), size_t{0});
  const std::vector<double> scores = detector.Scores(now, all);
  EXPECT_DOUBLE_EQ(scores[0], std::log(7.0)) << "others sent six of shape 9, none are usual";
  EXPECT_DOUBLE_EQ(scores[1], std::log(7.0));
  EXPECT_DOUBLE_EQ(scores[2], 0) << "a form of one's own";
  EXPECT_EQ(scores[3], kNoScore);
  EXPECT_DOUBLE_EQ(scores[4], std::log(5.0));
  EXPECT_DOUBLE_EQ(scores[5], 0);
}

}  // namespace
}  // namespace retort
