// A distiller and a provider, round by round. In a round the distiller sends through the channels it has, from one
// class of addresses; some accounts are found and ended; what their addresses were the provider learns a lag later; at
// the end of the round it blocks what has the best ratio of requests confirmed to honest people hit, as long as its
// policy finds that worth it. The distiller knows the policy and takes its best response: every offer, every number of
// channels (in doublings), every order of address classes. All of it is in expectation and without chance.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "teacher/provider/routes.h"

namespace retort {

struct RoundsOutcome {
  bool completed = false;  // within the horizon
  double days = 0, dollars = 0;
  double obtained = 0;                                // share of the need
  double channels = 0;                                // bought, all told
  double requests = 0;                                // that this provider saw
  double gigabytes = 0;                               // of traffic
  std::array<double, kAddressClasses> blocked{};      // honest people, by class, who lost their addresses
  std::array<bool, kAddressClasses> class_blocked{};  // as a whole
  // Dollars, and what the days beyond the distiller's patience are worth to it.
  double Cost(const RoundsWorld& world) const;
};
// Completed before not; then the lower cost, dollars with delay priced; of two that did not, the one that obtained
// more.
bool Better(const RoundsOutcome& a, const RoundsOutcome& b, const RoundsWorld& world);

// The state of one campaign, advanced a round at a time.
class Rounds {
 public:
  // `need`: requests to this teacher. `channels`: that the distiller keeps in use, as far as supply allows.
  Rounds(const RoundsWorld& world, const ProviderPolicy& policy, const Offer& offer, double need, double channels);

  // Whether the class of addresses still carries requests: it is left once it is blocked, or half of its addresses are.
  bool Carries(size_t c) const;
  bool over() const { return outcome_.completed || outcome_.days >= world_.horizon_days; }
  void Step(size_t c);       // from this class; of an offer that is not addressed: any class
  double LeastCost() const;  // no continuation costs less
  const RoundsOutcome& outcome() const { return outcome_; }
  // Honest people still served, by class, and what the provider has seen of each.
  const std::array<double, kAddressClasses>& served() const { return served_; }

 private:
  struct Seen {
    size_t address_class = 0;
    double requests = 0, addresses = 0;
  };
  void Refill(double days);                     // plans what channels are bought in this round
  double SendFor(double days, size_t c) const;  // requests that so much of this round would carry
  void Block();                                 // the provider's move

  const RoundsWorld& world_;
  const ProviderPolicy& policy_;
  const Offer& offer_;
  double need_, channels_, live_ = 0, sent_ = 0;
  double jump_ = 0, fill_ = 0, keep_ = 0;  // channels bought at once; days until enough are there; then a day
  RoundsOutcome outcome_;
  std::vector<Seen> seen_;  // by round; its lag later it is known
  std::array<double, kAddressClasses> served_{}, known_requests_{}, known_addresses_{}, blocked_addresses_{};
};

// How one offer is used best.
struct Response {
  Offer offer;
  double channels = 0;                  // in use
  std::vector<size_t> address_classes;  // in the order in which they were used; empty where it is not addressed
  RoundsOutcome outcome;
};

// The best use of `offer` for `need` requests (Q of this teacher).
Response BestUse(const RoundsWorld& world, const ProviderPolicy& policy, const Offer& offer, double need);
// The best of each route that has an offer, in the order of kRoutes; exact over the plans named above.
std::array<std::optional<Response>, kRouteCount> BestUses(const RoundsWorld& world, const ProviderPolicy& policy,
                                                          double need);
// The same as far as Best can tell, in less time: routes that no group is best by are left out.
std::array<std::optional<Response>, kRouteCount> BestOfGroups(const RoundsWorld& world, const ProviderPolicy& policy,
                                                              double need);
// The best of them: among the routes through this provider that the distiller pays for, among all through it, among
// all.
enum class Among { kPaid, kHere, kAll };
inline constexpr std::array<Among, 3> kAmong = {Among::kPaid, Among::kHere, Among::kAll};  // size: of the enum
const Response* Best(std::span<const std::optional<Response>> uses, const RoundsWorld& world, Among among);

// A distiller that does not adapt: it goes on with the plan of a world without the policy. It buys accounts of the tier
// that is asked for where its own no longer do, and stays with its first class of addresses.
Response Unadapted(const RoundsWorld& world, const ProviderPolicy& policy, const Response& plan, double need);

}  // namespace retort
