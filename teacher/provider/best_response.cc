// The distiller's side of rounds.h: the search over plans. It is exact over them: a branch is cut only where what it
// has cost already, with the price of the answers that are still missing, is more than a whole plan that is known.
#include <algorithm>
#include <cmath>

#include "teacher/provider/rounds.h"

namespace retort {
namespace {

constexpr double kHours = 24;  // unit: in a day

class Search {
 public:
  // `known`: a use that is at hand already; what is not better need not be found.
  Search(const RoundsWorld& world, const ProviderPolicy& policy, const Offer& offer, double need,
         const Response* known = nullptr)
      : world_(world), policy_(policy), need_(need) {
    best_.offer = offer;
    if (known != nullptr && known->outcome.completed) best_.outcome = known->outcome;
  }

  Response Run() {
    const Offer& offer = best_.offer;
    for (double channels = 1; channels <= offer.at_most; channels *= 2) {
      const Rounds start(world_, policy_, offer, need_, channels);
      if (offer.addressed) {
        Move(start, channels);
      } else {
        Play(start, 0, channels);
      }
      if (channels * offer.daily >= need_ * offer.need_times * kHours) break;  // done in an hour
    }
    return best_;
  }

 private:
  // Every class that has not been used yet, from here on.
  void Move(const Rounds& from, double channels) {
    bool moved = false;
    for (size_t c = 0; c < kAddressClasses; ++c) {
      if (std::ranges::find(order_, c) != order_.end() || !from.Carries(c)) continue;
      moved = true;
      order_.push_back(c);
      Play(from, c, channels);
      order_.pop_back();
    }
    if (!moved) Keep(from, channels);
  }

  void Play(Rounds rounds, size_t c, double channels) {
    const bool addressed = best_.offer.addressed;
    while (!rounds.over() && (!addressed || rounds.Carries(c))) {
      if (best_.outcome.completed && rounds.LeastCost() >= best_.outcome.Cost(world_)) return;
      rounds.Step(c);
    }
    if (rounds.over()) {
      Keep(rounds, channels);
    } else {
      Move(rounds, channels);
    }
  }

  void Keep(const Rounds& rounds, double channels) {
    const bool any = best_.channels > 0 || best_.outcome.completed;
    if (any && !Better(rounds.outcome(), best_.outcome, world_)) return;
    best_.outcome = rounds.outcome();
    best_.channels = channels;
    best_.address_classes = order_;
  }

  const RoundsWorld& world_;
  const ProviderPolicy& policy_;
  double need_;
  Response best_;
  std::vector<size_t> order_;
};

}  // namespace

Response BestUse(const RoundsWorld& world, const ProviderPolicy& policy, const Offer& offer, double need) {
  return Search(world, policy, offer, need).Run();
}

std::array<std::optional<Response>, kRouteCount> BestUses(const RoundsWorld& world, const ProviderPolicy& policy,
                                                          double need) {
  std::array<std::optional<Response>, kRouteCount> uses;
  for (const Offer& offer : Offers(world, policy)) {
    std::optional<Response>& of = uses[offer.route];
    Response use = Search(world, policy, offer, need, of ? &*of : nullptr).Run();
    if (!of || (use.channels > 0 && Better(use.outcome, of->outcome, world))) of = std::move(use);
  }
  return uses;
}

std::array<std::optional<Response>, kRouteCount> BestOfGroups(const RoundsWorld& world, const ProviderPolicy& policy,
                                                              double need) {
  // A route enters only if it beats those that are in every group that it is in: routes that are paid for first, those
  // of few offers before those of many.
  std::array<std::optional<Response>, kRouteCount> uses;
  const std::vector<Offer> offers = Offers(world, policy);
  std::optional<Response> best;
  for (const bool pays : {true, false}) {
    for (const bool here : {true, false}) {
      for (auto offer = offers.rbegin(); offer != offers.rend(); ++offer) {
        if (kRoutes[offer->route].pays != pays || kRoutes[offer->route].here != here) continue;
        if (!here) {
          uses[offer->route] = BestUse(world, policy, *offer, need);
          continue;
        }
        Response use = Search(world, policy, *offer, need, best ? &*best : nullptr).Run();
        if (use.channels <= 0 || (best && !Better(use.outcome, best->outcome, world))) continue;
        uses[offer->route] = use;
        best = std::move(use);
      }
    }
  }
  return uses;
}

const Response* Best(std::span<const std::optional<Response>> uses, const RoundsWorld& world, Among among) {
  const Response* best = nullptr;
  for (const std::optional<Response>& use : uses) {
    if (!use) continue;
    const Route& route = kRoutes[use->offer.route];
    if ((among != Among::kAll && !route.here) || (among == Among::kPaid && !route.pays)) continue;
    if (best == nullptr || Better(use->outcome, best->outcome, world)) best = &*use;
  }
  return best;
}

Response Unadapted(const RoundsWorld& world, const ProviderPolicy& policy, const Response& plan, double need) {
  Response use = plan;
  use.outcome = {};
  const Offer* chosen = nullptr;  // the same route; accounts of its tier, or of the lowest that is let in
  const std::vector<Offer> offers = Offers(world, policy);
  for (const Offer& offer : offers) {
    if (offer.route != plan.offer.route || offer.tier < plan.offer.tier) continue;
    const bool nearer =
        chosen == nullptr || (offer.tier == chosen->tier &&
                              std::abs(offer.daily - plan.offer.daily) < std::abs(chosen->daily - plan.offer.daily));
    if (nearer) chosen = &offer;
  }
  if (chosen == nullptr) {  // its resellers stopped
    use.outcome.days = world.horizon_days;
    return use;
  }
  use.offer = *chosen;
  use.channels = std::min(use.channels, use.offer.at_most);
  Rounds rounds(world, policy, use.offer, need, use.channels);
  const size_t c = use.address_classes.empty() ? 0 : use.address_classes.front();
  while (!rounds.over()) rounds.Step(c);
  use.outcome = rounds.outcome();
  if (use.offer.addressed) use.address_classes = {c};
  return use;
}

}  // namespace retort
