// What know_your_customer and address_blocking compute: every policy of a ladder at every volume, with the best use of
// every route; the prices at which the cheapest route changes; and how far the answer at one volume moves over what the
// registers hold plausible.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/stats/interval.h"
#include "teacher/provider/haystack_pass.h"
#include "teacher/provider/provider_registers.h"
#include "teacher/provider/rounds.h"

namespace retort {

// One policy at one volume.
struct RoundsCell {
  std::array<std::optional<Response>, kRouteCount> uses;
  const Response* Of(Among among, const RoundsWorld& world) const { return Best(uses, world, among); }
};

struct RoundsStudy {
  RoundsWorld world;
  std::vector<ProviderPolicy> policies;  // the first does nothing
  std::vector<double> needs;             // rising
  std::vector<RoundsCell> cells;         // by policy, then need

  const RoundsCell& At(size_t policy, size_t need) const { return cells[policy * needs.size() + need]; }
  const RoundsCell* Find(size_t policy, double need) const;  // nullptr where that volume was not tried
};

// nullopt where `watch` stopped it.
std::optional<RoundsStudy> RunRounds(const RoundsWorld& world, std::vector<ProviderPolicy> policies,
                                     std::vector<double> needs, int threads, const Watch& watch);

// What a policy is worth at one volume against the first of the ladder, at the registers' values and over draws of
// them. Days and dollars of a campaign that is not completed are infinite.
struct PolicyEffect {
  Interval days, dollars, added_days,
      added_dollars;                         // median and the middle 90 % of the draws; estimate: as registered
  Interval turned_away;                      // honest people, by tier and by address
  Interval provider_dollars;                 // checks, and a month's revenue of those turned away
  double not_completed = 0;                  // share of draws
  std::array<double, kRouteCount> chosen{};  // share of draws in which a route is the cheapest
};
struct EffectQuestion {
  double samples = 0;  // N; Q = ⌈N a / y⌉, or as many requests as samples
  bool as_requests = false;
  std::vector<double> drawn;  // N of each draw, from the bootstrap of N90, rising; empty: `samples` in all
};
// By Among, one for each policy; `draws` of a Latin hypercube over UsedEntries.
using PolicyEffects = std::array<std::vector<PolicyEffect>, kAmong.size()>;
inline const std::vector<PolicyEffect>& Of(const PolicyEffects& effects, Among among) {
  return effects[static_cast<size_t>(among)];
}
std::optional<PolicyEffects> Effects(const ProviderRegisters& registers, const std::vector<ProviderPolicy>& policies,
                                     const EffectQuestion& question, int draws, uint64_t seed, int threads,
                                     const Watch& watch);

double TurnedAwayByBlocks(const RoundsOutcome& outcome);  // people
double ProviderDollars(const RoundsWorld& world, const ProviderPolicy& policy, double turned_away);

// The price of an account of the policy's tier at which the distiller's own accounts cost as much as the best other
// route (among those it pays for through this provider, or among all). 0: they never pay; infinite: they always do.
// `cell`: the best uses under this policy at this need.
double BreakEvenAccount(const RoundsWorld& world, const ProviderPolicy& policy, double need, RoundsCell cell,
                        Among among);
// The same for a gigabyte of residential and mobile traffic, where nothing else is left to its own accounts.
double BreakEvenTraffic(const RoundsWorld& world, const ProviderPolicy& policy, double need, RoundsCell cell,
                        Among among);

}  // namespace retort
