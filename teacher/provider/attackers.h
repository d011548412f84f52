// Distillers who want Q requests, each with a strategy, and its best response to a policy that is known to it: how many
// accounts, what each sends on which day, how much of it is decoys. These are models for measuring detectors on
// synthetic accounts; nothing here talks to a service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "teacher/provider/detectors.h"
#include "teacher/provider/population.h"

namespace retort {

struct Strategy {
  std::string_view name, what;  // `what` follows "through"
};
inline constexpr Strategy kStrategies[] = {
    {"one", "one account"},
    {"split", "as many accounts as were alleged in February 2026, evenly over the month"},
    {"burst", "the same accounts, all on the day of release"},
    {"capped", "accounts that each stay at a quantile of honest volume, the median by default"},
    {"camouflage", "capped accounts with decoys that look honest among their requests"},
    {"drip", "accounts that each send fewer requests a month than a window of the detectors needs"},
    {"reseller", "large honest customers who pass requests on among their own"},
    {"reworded", "capped accounts that each ask in an honest person's forms and words"},
};
inline constexpr std::string_view kStrategyNames[] = {"one",        "split", "burst",    "capped",
                                                      "camouflage", "drip",  "reseller", "reworded"};

// What every account of a campaign does; plans that differ only in their number of accounts look the same to detectors.
struct AccountPlan {
  std::vector<int64_t> daily;   // requests, decoys and others' included
  double other_share = 0;       // of them: decoys, or a reseller's own customers
  bool paid_by_others = false;  // the other requests cost the distiller nothing, nor does the account
  bool reworded = false;        // in honest people's forms
  bool operator==(const AccountPlan&) const = default;
};

struct Campaign {
  std::string strategy;
  double requests = 0;  // Q: what the distiller needs
  int64_t accounts = 0;
  AccountPlan plan;
  double decoys = 0;   // δ, a useful request
  double dollars = 0;  // of the whole campaign, were it never cut off
};

// The alternatives among which `strategy` may choose; one for most. `requests` >= 1.
std::vector<Campaign> Alternatives(std::string_view strategy, double requests, const Population& population,
                                   const DetectorPolicy& policy, const NeedleAssumptions& assumptions);

// Useful requests that the accounts have sent by the end of each day, as a share of Q, at most 1.
std::vector<double> ShareByDay(const Campaign& campaign);

// How requests of one template of a campaign are written: the topics that it is after, and the template's form, which
// rewording replaces by a style of each account. Measured, each template is one logged distiller.
class DistillerTexts {
 public:
  // Different templates; no limit where texts are assumed.
  static size_t Many(const TextWorld& world, bool reworded);

  DistillerTexts(const TextWorld& world, bool reworded, CounterRandom& random);                // any
  DistillerTexts(const TextWorld& world, bool reworded, size_t which, CounterRandom& random);  // below Many

  TextSource Account(CounterRandom& random) const;

 private:
  const TextWorld* world_;
  bool reworded_;
  const LoggedWriter* logged_ = nullptr;
  TextSource form_;
};

}  // namespace retort
