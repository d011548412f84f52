#include "teacher/provider/base_rates.h"

#include <fmt/format.h>

namespace retort {
namespace {

constexpr double kDaysAWeek = 7;                    // unit: days
constexpr double kMillion = 1e6, kBillion = 1e9;    // unit: in words
constexpr double kThousand = 1000, kPercent = 100;  // unit: in words
constexpr double kRuleOfThree = 3;                  // method: -ln .05
constexpr double kExampleTrials = kMillion;

std::string Millions(double x) { return fmt::format("{:.3g} million", x / kMillion); }

}  // namespace

double MonthlyMessages(const NeedleAssumptions& a) {
  return a.messages_a_week.value / kDaysAWeek * a.horizon_days.value;
}

double ShareOfMessages(double requests, const NeedleAssumptions& a) { return requests / MonthlyMessages(a); }

double FlaggedHonest(double false_positive_rate, double accounts) { return false_positive_rate * accounts; }

double PrecisionAtBest(double flagged_honest, double guilty) { return guilty / (guilty + flagged_honest); }

double RuleOfThree(double trials) { return kRuleOfThree / trials; }

std::vector<BaseRate> BaseRates(const NeedleAssumptions& a) {
  const double flagged = FlaggedHonest(a.base_rate_false_alarms.value, a.chat_accounts.value);
  const double guilty = a.alleged_16m_accounts.value;
  return {
      {fmt::format("Messages to the chat service in {:g} days", a.horizon_days.value),
       fmt::format("{:.3g} billion", MonthlyMessages(a) / kBillion)},
      {fmt::format("A campaign of {:.0f} 000 requests, as a share of them", a.published_r1_distill.value / kThousand),
       fmt::format("{:.3g}", ShareOfMessages(a.published_r1_distill.value, a))},
      {fmt::format("Honest accounts flagged at a false positive rate of {:.3g} %",
                   kPercent * a.base_rate_false_alarms.value),
       Millions(flagged)},
      {fmt::format("Precision then, if each of {:.0f} 000 guilty accounts (alleged) were flagged too",
                   guilty / kThousand),
       fmt::format("{:.2g} %", kPercent * PrecisionAtBest(flagged, guilty))},
      {fmt::format(
           "Requests of an account in the campaigns alleged in February 2026 (three together, {:.0f} 000 accounts)",
           guilty / kThousand),
       fmt::format("{:.0f}", a.alleged_16m.value / guilty)},
      {fmt::format(
           "Requests of an account and day in the campaign alleged in June 2026 ({:.0f} 000 accounts, {:g} days)",
           a.alleged_28m8_accounts.value / kThousand, a.alleged_28m8_days.value),
       fmt::format("{:.1f}", a.alleged_28m8.value / a.alleged_28m8_accounts.value / a.alleged_28m8_days.value)},
      {"False positive rate that no alarm among a million honest accounts leaves possible (95 %)",
       fmt::format("{:.0e}, in this haystack {:.0f} accounts", RuleOfThree(kExampleTrials),
                   RuleOfThree(kExampleTrials) * a.chat_accounts.value)},
  };
}

}  // namespace retort
