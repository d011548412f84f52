// What becomes of campaigns under calibrated detectors. Accounts of a campaign are alike, so a sample of them is
// simulated (and of their linked groups), and the campaign's size enters by formula. Prompts of a campaign come from a
// few templates, so its accounts ring together or not at all: accounts are simulated template by template, and with
// p the share of unlinked accounts that are ended by a day and ρ the correlation of two accounts with one template,
//     P(no account ended) = E[(1 - P)^(unlinked / templates)]^templates · (1 - g),  P ~ Beta with mean p, correlation ρ
// (the beta-binomial; Skellam 1948), g being that of the linked group. E[obtained] = Σ over accounts of what was sent
// by their end.
//
// An account ends `review_days` after a reviewer took up its alarm, for which true and false alarms wait in one queue
// (review_queue.h). A linked group ends as a whole with its first account; eight of its accounts are simulated, and
// more could only end it sooner. Honest members of it lose theirs and are counted.
//
// Intervals: Wilson's of p and g at each day, with templates as clusters, carried through; they speak of the simulated
// sample, not of the assumptions. Volume is the same for every account of a plan and has none.
#pragma once

#include <cstdint>
#include <vector>

#include "core/stats/interval.h"
#include "teacher/provider/attackers.h"
#include "teacher/provider/haystack_pass.h"

namespace retort {

struct CampaignOutcome {
  Interval true_positive_rate;  // share of the campaign's accounts that are ended within the horizon
  Interval caught;              // chance that one of them at least is
  Interval obtained;            // share of Q that was sent before cut-off
  Interval first_alarm_day;     // median of the first true alarm; +infinity: not within the horizon
  Interval first_end_day;       // median of the first end of a guilty account
  Interval honest_ended;        // honest accounts that end because they are linked to a guilty one
  Interval auc;                 // a guilty account's highest score against an honest one's: P(higher) + P(equal) / 2
};

// How accounts with one plan fare, of so many simulated. By day: sums over templates of the accounts that have rung by
// its end, and of the squares of these numbers.
struct TemplateDays {
  std::vector<int64_t> alarms, squares;
};
struct PlanAlarms {
  int64_t templates = 0, accounts_each = 0, groups = 0;
  PerDetector<TemplateDays> accounts;
  PerDetector<std::vector<int64_t>> groups_first;           // [day - 1]: groups whose first alarm was on that day
  PerDetector<PlacementSum> account_places, member_places;  // among the honest
};

// `work`: requests that may be looked at, which sets the number of accounts (400 to 20 000). `places`: of the bins of
// honest rarities (RarityCounts::Placements).
PlanAlarms Simulate(const AccountPlan& plan, const Population& population, const Detectors& detectors,
                    const PerDetector<std::vector<double>>& places, const NeedleAssumptions& assumptions, double work,
                    uint64_t seed);

// `honest_reviews`: what honest people's alarms ask of the reviewers, by day.
PerDetector<CampaignOutcome> Judge(const Campaign& campaign, const PlanAlarms& alarms,
                                   const PerDetector<std::vector<double>>& honest_reviews, double honest_sampled,
                                   const NeedleAssumptions& assumptions);

}  // namespace retort
