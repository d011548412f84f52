// The pages of know_your_customer and address_blocking: they say what must be said, and none of the words that would
// say too much.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "experiments/provider/rounds_report.h"
#include "experiments/provider/rounds_words.h"
#include "tests/core/base/message_of.h"
#include "tests/experiments/provider/shipped_registers.h"

namespace retort::provider {
namespace {

using ::testing::HasSubstr;

struct Setting {
  explicit Setting(RoundsKind of, const std::string& policy = "") : kind(of) {
    config.policy = policy;
    config.per_decade = 1;
    config.draws = 10;
    config.people_a_thousand = {1e3};
    need = Need{.task = "rules",
                .estimate = {Crossing::Kind::kAt, 40},
                .smallest = 4,
                .largest = 64,
                .n90 = {20, 30, 40, 50, std::numeric_limits<double>::infinity()}};
  }
  RoundsReport Report() const {
    RoundsReport report = *MakeRoundsReport(
        kind, config, registers, {{.task = "rules", .arm = "teacher", .bound = Bound::kAtLeast, .n = 64}}, need, {});
    report.what_ifs = {"kyc.phone_price.value=1"};
    return report;
  }
  RoundsKind kind;
  RoundsConfig config;
  ProviderRegisters registers = ShippedProvider();
  std::optional<Need> need;
};

const RoundsReport& Identity() {
  static const Setting run(RoundsKind::kIdentity);
  static const RoundsReport report = run.Report();
  return report;
}
const RoundsReport& Addresses() {
  static const Setting run(RoundsKind::kAddresses, "1000 a thousand");
  static const RoundsReport report = run.Report();
  return report;
}

TEST(RoundsPage, SaysWhatMustBeSaid) {
  for (const RoundsReport* report : {&Identity(), &Addresses()}) {
    const PageContent page = RoundsPage(*report);
    std::string text = RenderMarkdown(page);
    std::erase(text, '\\');
    for (const char* words : {"nder these assumptions", "alleged", "assumed", "published", "measured here", "gt;= 64",
                              "kyc.phone_price.value=1", "not a frontier model's", "open weights", "days",
                              "honest people", "middle 90 % of 10 draws"}) {
      EXPECT_THAT(text, HasSubstr(words));
    }
    ASSERT_EQ(page.verdicts.size(), 3U);
    EXPECT_THAT(page.verdicts[0],
                HasSubstr("needs the 40 requests [20, >= 64] that N90 of rules takes (measured here"));
    EXPECT_THAT(page.verdicts[1], HasSubstr("requests (DeepSeek-R1-Distill, published)"));
    EXPECT_THAT(page.verdicts[1], HasSubstr("28.8 million requests (laid to a campaign of June 2026, alleged)"));
    EXPECT_THAT(page.verdicts[2], HasSubstr("reach no provider"));
  }
}

TEST(RoundsPage, NeverSaysTooMuch) {
  for (const RoundsReport* report : {&Identity(), &Addresses()}) {
    std::string text = RenderPage(RoundsPage(*report));
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char* words : {"prevents", "undetectable", "theft", "steal"}) {
      EXPECT_EQ(text.find(words), std::string::npos) << words;
    }
  }
}

TEST(RoundsPage, TrafficOfThePublishedSizeIsShown) {
  std::string text = RenderMarkdown(RoundsPage(Addresses()));
  EXPECT_THAT(text, HasSubstr("are 16 GB"));
  EXPECT_THAT(text, HasSubstr("$14 to"));
}

TEST(RoundsPage, ADelayIsSaidWhereTheWholeIntervalBearsIt) {
  const Setting run(RoundsKind::kIdentity);
  RoundsReport report = run.Report();
  Interval& days = report.volumes[0].effects[static_cast<size_t>(Among::kPaid)][report.policy].added_days;
  const auto said = [&](Interval interval) {
    days = interval;
    return RoundsPage(report).verdicts.at(0);
  };
  EXPECT_THAT(said({.estimate = 2, .low = 1, .high = 3}), HasSubstr(" is delayed (+2 "));
  EXPECT_THAT(said({.estimate = 0, .low = -1, .high = 0.01}), HasSubstr(" is not delayed ("));
  EXPECT_THAT(said({.estimate = 2, .low = -1, .high = 3}), HasSubstr(" may or may not be delayed (+2 "));
}

TEST(RoundsPage, WhatIsNotCompletedIsSaidSo) {
  Setting run(RoundsKind::kIdentity);
  run.registers.kyc.horizon_days.low = 1;
  run.registers.kyc.horizon_days.value = run.registers.kyc.horizon_days.high = 1;
  const PageContent page = RoundsPage(run.Report());
  EXPECT_THAT(page.verdicts[1], HasSubstr("does not complete within the horizon"));
  EXPECT_THAT(RenderMarkdown(page), HasSubstr("not completed"));
}

TEST(RoundsPage, WithoutAMeasuredNeedThePageSaysSo) {
  Setting run(RoundsKind::kIdentity);
  run.need.reset();
  const PageContent page = RoundsPage(run.Report());
  EXPECT_EQ(page.verdicts.size(), 2U);
  EXPECT_THAT(page.grades[0], HasSubstr("nothing"));
}

TEST(RoundsPage, BadNamesAreRefused) {
  const auto problem = [](const Setting& run) { return MessageOf([&] { run.Report(); }); };
  EXPECT_THAT(problem(Setting(RoundsKind::kIdentity, "passport")),
              HasSubstr("\"passport\" is no policy of the ladder"));
  EXPECT_THAT(problem(Setting(RoundsKind::kIdentity, "passport")), HasSubstr("liveness"));
  Setting mark(RoundsKind::kIdentity);
  mark.config.mark = "alleged_16m_accounts";
  EXPECT_THAT(problem(mark), HasSubstr("is no volume"));
}

TEST(RoundsPage, DataHoldEveryRow) {
  const std::vector<DataTable> data = RoundsData(Identity());
  EXPECT_EQ(data[0].rows.size(), 3U * kAmong.size() * Identity().study.policies.size());
  for (const DataTable& table : data) {
    EXPECT_FALSE(table.rows.empty()) << table.file;
    for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size()) << table.file;
  }
}

TEST(RoundsWords, NumbersReadAsTheyShould) {
  EXPECT_EQ(Days(INFINITY), "not completed");
  EXPECT_EQ(Days(0.001), "< 0.01");
  EXPECT_EQ(Money(0), "$0");
  EXPECT_EQ(Money(2.5), "$2.50");
  EXPECT_EQ(Money(3.2e9), "$3.2 billion");
  EXPECT_EQ(AddedDays({3, -1, INFINITY}), "+3 [−1, not completed]");
  EXPECT_EQ(AddedDays({0.001, 0.001, 0.001}), "0");
  EXPECT_EQ(AddedMoney({-5, -5, -5}), "−$5.00");
}

TEST(RoundsPage, WhatIfsAreThoseOfTheRegisters) {
  EXPECT_EQ(RegisterOverrides({"seed=3", "kyc.phone_price.value=2", "+address.home_lag.value=1", "output_dir=kyc."}),
            (std::vector<std::string>{"kyc.phone_price.value=2", "+address.home_lag.value=1"}));
}

TEST(RoundsPage, TheShortFormOfAWhatIfIsMadeLong) {
  EXPECT_EQ(LongForm("kyc.phone_price=5"), "kyc.phone_price.value=5");
  EXPECT_EQ(LongForm("policy.chips=10"), "policy.chips.value=10");
  EXPECT_EQ(LongForm("kyc.phone_price.value=5"), "kyc.phone_price.value=5");
  EXPECT_EQ(LongForm("kyc.phone_price.high=5"), "kyc.phone_price.high=5");
  EXPECT_EQ(LongForm("output_dir=kyc.x"), "output_dir=kyc.x");
  EXPECT_EQ(LongForm("primary=phone"), "primary=phone");
  EXPECT_EQ(LongForm("--cfg"), "--cfg");
  EXPECT_EQ(LongForm("unknown.phone_price=5"), "unknown.phone_price=5");
  const std::array<const char*, 3> argv = {"know_your_customer", "kyc.resellers=5", "--help"};
  const int seen = WithLongForms(3, argv.data(), [](const char* const* words) {
    EXPECT_STREQ(words[1], "kyc.resellers.value=5");
    EXPECT_STREQ(words[2], "--help");
    return 7;
  });
  EXPECT_EQ(seen, 7);
}

}  // namespace
}  // namespace retort::provider
