// What becomes of campaigns under calibrated detectors. Accounts of a campaign are alike, so a sample of them is
// simulated (and of their linked groups), and the campaign's size enters by formula: with p(t) the share of unlinked
// accounts that have raised an alarm by day t, and g(t) that of linked groups,
//     P(no true alarm by t) = (1 - p(t))^unlinked (1 - g(t)),   E[obtained] = Σ over accounts of what was sent by its
//     end.
// A linked group ends as a whole `review_days` after its first alarm; eight of its accounts are simulated, and more
// could only end it sooner. Intervals: Wilson's of p and g at each day, carried through; they speak of the simulated
// sample, not of the assumptions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/stats/interval.h"
#include "teacher/provider/attackers.h"
#include "teacher/provider/haystack_pass.h"

namespace retort {

struct CampaignOutcome {
  Interval true_positive_rate;  // share of the campaign's accounts that are ended within the horizon
  Interval caught;              // chance of one true alarm at least within the horizon
  Interval obtained;            // share of Q that was sent before cut-off
  Interval first_alarm_day;     // median; +infinity: not within the horizon
};

// How accounts with one plan fare: by day, of so many simulated.
struct PlanAlarms {
  int64_t accounts = 0, groups = 0;
  PerDetector<std::vector<int64_t>> account_alarms, group_alarms;  // [day - 1]: first alarms on that day
};

// `work`: requests that may be looked at, which sets the number of accounts (100 to 20 000).
PlanAlarms Simulate(const AccountPlan& plan, const Population& population, const Detectors& detectors,
                    const NeedleAssumptions& assumptions, double work, uint64_t seed);

PerDetector<CampaignOutcome> Judge(const Campaign& campaign, const PlanAlarms& alarms,
                                   const NeedleAssumptions& assumptions);

}  // namespace retort
