// The streamed pass against brute force, and the whole against its register: no entry may be there for nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "teacher/provider/base_rates.h"
#include "teacher/provider/needle.h"
#include "tests/teacher/provider/register.h"

namespace retort {
namespace {

TEST(NeedleSlow, TheStreamedPassAgreesWithExpandingEveryAccountOfAMillion) {
  constexpr int64_t kAccounts = 1'000'000;
  const NeedleAssumptions a = Register();
  const Haystack haystack = MakeHaystack("chat", "gamma", a, kAccounts);
  const Population population(haystack, a, 1), earlier(haystack, a, 1, "earlier month");
  const auto detectors = Calibrated(earlier, {}, 3000, {.sample_accounts = 20'000, .seed = 1}, {});
  const PassCounts every =
      Pass(population, *detectors, {.sample_accounts = kAccounts, .tail_accounts = 5000, .seed = 1}, {});
  ASSERT_EQ(every.tail + every.control, kAccounts);
  const PassCounts streamed =
      Pass(population, *detectors, {.sample_accounts = 40'000, .tail_accounts = 5000, .seed = 1}, {});
  EXPECT_EQ(streamed.tail, every.tail);
  EXPECT_EQ(streamed.tail_alarms, every.tail_alarms);
  EXPECT_EQ(streamed.requests, every.requests);
  EXPECT_EQ(streamed.volume_alarms, every.volume_alarms);
  EXPECT_EQ(every.volume_alarms, every.tail_alarms[0] + every.control_alarms[0]) << "counted twice, in two ways";
  const PerDetector<Interval> truth = HonestFlagged(every), estimate = HonestFlagged(streamed);
  for (size_t i = 0; i < kDetectors; ++i) {
    EXPECT_EQ(truth[i].low, truth[i].high);
    // Four standard errors of what the control sample extrapolates.
    const double rest = truth[i].estimate - static_cast<double>(every.tail_alarms[i]);
    EXPECT_NEAR(estimate[i].estimate, truth[i].estimate, 4 * std::sqrt(rest * kAccounts / 40'000) + 1e-6)
        << kDetectorNames[i];
    EXPECT_GT(truth[i].estimate, 0);
  }
}

// What costs nothing to reckon.
std::string World(const NeedleAssumptions& a) {
  std::string text;
  for (const BaseRate& rate : BaseRates(a)) text += rate.value + ";";
  for (const char* name : {"chat", "debate", "api"}) {
    for (const char* rate : {"gamma", "lognormal", "pareto"}) {
      const Haystack h = MakeHaystack(name, rate, a);
      text += fmt::format("{} {} {} {};", h.accounts, h.volume.mean, h.volume.shape, h.technical_share);
    }
  }
  return text;
}

std::string Outcome(const NeedleAssumptions& a) {
  std::string text;
  NeedleConfig config;
  config.haystacks = {"chat"};
  config.accounts = 6'000;
  config.campaign_requests = 150;
  config.sample_accounts = 6'000;
  config.tail_accounts = 500;
  const NeedleResult result = RunNeedle(config, a, {817, 3e6}, {});
  for (const HaystackResult& h : result.haystacks) {
    text += fmt::format("{} {} {}\n", h.counts.requests, h.counts.linked, h.counts.evaluators);
    for (const NeedleRow& row : h.rows) {
      text +=
          fmt::format("{} {} {} {} {}\n", row.campaign.accounts, row.campaign.dollars, row.outcome.obtained.estimate,
                      row.outcome.true_positive_rate.estimate, row.precision.estimate);
    }
  }
  return text;
}

// Volumes that are marks, and what turns N90 into requests, are tested where they are used: experiments/provider.
TEST(NeedleSlow, EveryEntryOfTheRegisterChangesSomething) {
  const NeedleAssumptions shipped = Register();
  const std::string world = World(shipped), outcome = Outcome(shipped);
  EXPECT_EQ(World(shipped), world);
  EXPECT_EQ(Outcome(shipped), outcome);
  for (const NamedAssumption& of : Entries(shipped)) {
    const std::string name(of.name);
    const Assumption& entry = *of.entry;
    const bool mark = name.starts_with("published_") || (name.starts_with("alleged_") && entry.unit == "requests") ||
                      name == "attempts_per_sample" || name == "accepted_share";
    if (mark) continue;
    double value = entry.value < entry.high ? entry.high : entry.low < entry.value ? entry.low : 1.5 * entry.value;
    if (entry.high - entry.low < 0.05 * entry.value) value = 1.5 * entry.value;  // lost where numbers are rounded
    if (name == "review_capacity") value = 10;  // a thousand a day see every one of so few accounts
    std::string text = RegisterText();
    for (const char* key : {"value = ", "low = ", "high = "}) {
      const size_t table = text.find("[" + name + "]"), at = text.find(key, table);
      text.replace(at, text.find('\n', at) - at, fmt::format("{}{}", key, value));
    }
    const NeedleAssumptions changed = ReadRegister(text);
    EXPECT_TRUE(World(changed) != world || Outcome(changed) != outcome) << name;
  }
}

}  // namespace
}  // namespace retort
