// The three sentences that every page of the provider's side begins with.
#include "teacher/provider/base_rates.h"

#include <gtest/gtest.h>

#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

TEST(BaseRates, EightHundredThousandAmongSeventySevenBillion) {
  const NeedleAssumptions a = Register();
  EXPECT_NEAR(MonthlyMessages(a) / 1e9, 77.1, 0.05);
  EXPECT_NEAR(ShareOfMessages(800'000, a) / 1.04e-5, 1, 0.005);
  EXPECT_NEAR(MonthlyMessages(a) / a.chat_accounts.value / a.honest_monthly_mean.value, 1, 0.01)
      << "the mean of the honest rate follows from messages and accounts";
}

TEST(BaseRates, ThreePerMilleFlagTwoMillionAndCapPrecision) {
  const double flagged = FlaggedHonest(0.003, 700e6);
  EXPECT_NEAR(flagged, 2.1e6, 1);
  EXPECT_NEAR(PrecisionAtBest(flagged, 24'000), 0.011, 0.0005);
}

TEST(BaseRates, NoAlarmBoundsTheRateAtThreeOverN) { EXPECT_DOUBLE_EQ(RuleOfThree(1000), 0.003); }

TEST(BaseRates, TheTableSaysAllOfIt) {
  std::string all;
  for (const BaseRate& rate : BaseRates(Register())) all += rate.what + ": " + rate.value + "\n";
  for (const char* words : {"77.1 billion", "1.04e-05", "2.1 million", "1.1 %", ": 667", ": 25.6", "3e-06"}) {
    EXPECT_NE(all.find(words), std::string::npos) << words << " in\n" << all;
  }
}

}  // namespace
}  // namespace retort
