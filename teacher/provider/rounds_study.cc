#include "teacher/provider/rounds_study.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/random.h"
#include "teacher/provider/parallel.h"
#include "teacher/provider/register_draws.h"

namespace retort {
namespace {

constexpr double kCheapest = 1e-3, kDearest = 1e6;  // method: between which a break-even is sought
constexpr int kHalvings = 16;                       // method: of their logarithm
constexpr double kMonth = 30;                       // unit: days
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What one draw says of one policy.
struct OfDraw {
  double days = 0, dollars = 0, turned_away = 0, provider = 0;
  size_t route = kRouteCount;
};

using DrawOfAll = std::array<std::vector<OfDraw>, kAmong.size()>;  // by Among, then policy

OfDraw Reckon(const RoundsWorld& world, const ProviderPolicy& policy,
              const std::array<std::optional<Response>, kRouteCount>& uses, Among among) {
  const Response* best = Best(uses, world, among);
  OfDraw of{.days = kInfinity, .dollars = kInfinity, .turned_away = TurnedAwayByTier(world, policy)};
  if (best != nullptr) {
    if (best->outcome.completed) of = {best->outcome.days, best->outcome.dollars, of.turned_away};
    of.turned_away += TurnedAwayByBlocks(best->outcome);
    of.route = best->offer.route;
  }
  of.provider = ProviderDollars(world, policy, of.turned_away);
  return of;
}

double NeedOf(const EffectQuestion& question, const NeedleAssumptions& a, double samples) {
  if (question.as_requests) return std::max(1.0, std::ceil(samples));
  return std::max(1.0, std::ceil(samples * a.attempts_per_sample.value / a.accepted_share.value));
}

Interval Over(const std::vector<DrawOfAll>& draws, size_t among, size_t policy, double registered,
              const std::function<double(const OfDraw& with, const OfDraw& without)>& what) {
  std::vector<double> values;
  values.reserve(draws.size());
  for (const DrawOfAll& of : draws) values.push_back(what(of[among][policy], of[among].front()));
  return MiddleOf(std::move(values), registered);
}

PolicyEffect EffectOf(const std::vector<DrawOfAll>& draws, const std::vector<OfDraw>& registered, size_t among,
                      size_t p) {
  const auto over = [&](const std::function<double(const OfDraw&, const OfDraw&)>& what) {
    return Over(draws, among, p, what(registered[p], registered.front()), what);
  };
  PolicyEffect effect{
      .days = over([](const OfDraw& with, const OfDraw&) { return with.days; }),
      .dollars = over([](const OfDraw& with, const OfDraw&) { return with.dollars; }),
      .added_days = over([](const OfDraw& with, const OfDraw& without) { return Added(with.days, without.days); }),
      .added_dollars =
          over([](const OfDraw& with, const OfDraw& without) { return Added(with.dollars, without.dollars); }),
      .turned_away = over([](const OfDraw& with, const OfDraw&) { return with.turned_away; }),
      .provider_dollars = over([](const OfDraw& with, const OfDraw&) { return with.provider; })};
  const double each = draws.empty() ? 0 : 1 / static_cast<double>(draws.size());
  for (const DrawOfAll& of : draws) {
    const OfDraw& one = of[among][p];
    if (std::isinf(one.days)) effect.not_completed += each;
    if (one.route < kRouteCount) effect.chosen[one.route] += each;
  }
  return effect;
}

// Where `own(price)`, which rises, meets what the best other route costs; by halving.
double BreakEven(const std::function<RoundsOutcome(double)>& own, const RoundsOutcome* other,
                 const RoundsWorld& world) {
  const auto pays = [&](double price) {
    const RoundsOutcome mine = own(price);
    return other == nullptr || !Better(*other, mine, world);
  };
  if (!pays(kCheapest)) return 0;
  if (pays(kDearest)) return kInfinity;
  double low = kCheapest, high = kDearest;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = std::sqrt(low * high);
    (pays(middle) ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

// The best route but the distiller's own accounts.
const Response* BestOther(std::array<std::optional<Response>, kRouteCount>& uses, const RoundsWorld& world,
                          Among among) {
  uses[kOwn].reset();
  return Best(uses, world, among);
}

// Through accounts of the tier that is asked for, or of any above it, too.
enum class OwnTier { kAsked, kAny };
RoundsOutcome OwnAt(const RoundsWorld& world, const ProviderPolicy& policy, double need, OwnTier tier) {
  RoundsOutcome best;
  bool any = false;
  for (const Offer& offer : Offers(world, policy)) {
    if (offer.route != kOwn || (tier == OwnTier::kAsked && offer.tier != policy.tier)) continue;
    const RoundsOutcome outcome = BestUse(world, policy, offer, need).outcome;
    if (!any || Better(outcome, best, world)) best = outcome;
    any = true;
  }
  return best;
}

}  // namespace

const RoundsCell* RoundsStudy::Find(size_t policy, double need) const {
  const auto found = std::ranges::find(needs, need);
  return found == needs.end() ? nullptr : &At(policy, static_cast<size_t>(found - needs.begin()));
}

std::optional<RoundsStudy> RunRounds(const RoundsWorld& world, std::vector<ProviderPolicy> policies,
                                     std::vector<double> needs, int threads, const Watch& watch) {
  RoundsStudy study{.world = world, .policies = std::move(policies), .needs = std::move(needs)};
  study.cells.resize(study.policies.size() * study.needs.size());
  const auto parts = static_cast<int64_t>(study.cells.size());
  const bool done = ParallelFor(
      threads, parts,
      [&](int64_t i) {
        const auto at = static_cast<size_t>(i);
        study.cells[at].uses =
            BestUses(world, study.policies[at / study.needs.size()], study.needs[at % study.needs.size()]);
      },
      [&](int64_t at) {
        return !watch || watch("playing the rounds", static_cast<double>(at) / static_cast<double>(parts));
      });
  if (!done) return std::nullopt;
  return study;
}

double TurnedAwayByBlocks(const RoundsOutcome& outcome) {
  return std::accumulate(outcome.blocked.begin(), outcome.blocked.end(), 0.0);
}

double ProviderDollars(const RoundsWorld& world, const ProviderPolicy& policy, double turned_away) {
  // Everybody is checked who asks; whoever is turned away would have paid until the horizon.
  return world.honest * world.tiers[policy.tier].check + turned_away * world.revenue * world.horizon_days / kMonth;
}

std::optional<PolicyEffects> Effects(const ProviderRegisters& registers, const std::vector<ProviderPolicy>& policies,
                                     const EffectQuestion& question, int draws, uint64_t seed, int threads,
                                     const Watch& watch) {
  const auto reckon = [&](const ProviderRegisters& with, double samples) {
    const RoundsWorld world = MakeWorld(with.needle, with.kyc, with.address);
    const double need = NeedOf(question, with.needle, samples);
    DrawOfAll of;
    for (const ProviderPolicy& policy : policies) {
      const auto uses = BestOfGroups(world, policy, need);
      for (size_t a = 0; a < kAmong.size(); ++a) of[a].push_back(Reckon(world, policy, uses, kAmong[a]));
    }
    return of;
  };
  ProviderRegisters copy = registers;
  const std::vector<std::vector<double>> values = DrawEntries(UsedEntries(copy), draws, seed);
  std::vector<size_t> order(static_cast<size_t>(draws));
  std::iota(order.begin(), order.end(), 0U);
  RandomStream(seed, "draws of N90").Shuffle(order);
  std::vector<DrawOfAll> of(static_cast<size_t>(draws));
  const bool done = ParallelFor(
      threads, draws,
      [&](int64_t i) {
        const auto at = static_cast<size_t>(i);
        ProviderRegisters with = registers;
        SetEntries(UsedEntries(with), values, at);
        const size_t n = question.drawn.size();
        of[at] = reckon(with, n == 0 ? question.samples : question.drawn[order[at] * n / order.size()]);
      },
      [&](int64_t at) { return !watch || watch("drawing from the registers", static_cast<double>(at) / draws); });
  if (!done) return std::nullopt;
  const DrawOfAll as_registered = reckon(registers, question.samples);
  PolicyEffects effects;
  for (size_t a = 0; a < kAmong.size(); ++a) {
    for (size_t p = 0; p < policies.size(); ++p) effects[a].push_back(EffectOf(of, as_registered[a], a, p));
  }
  return effects;
}

double BreakEvenAccount(const RoundsWorld& world, const ProviderPolicy& policy, double need, RoundsCell cell,
                        Among among) {
  const Response* other = BestOther(cell.uses, world, among);
  return BreakEven(
      [&](double price) {
        RoundsWorld at = world;
        at.tiers[policy.tier].price = price * at.tiers[policy.tier].pass;
        return OwnAt(at, policy, need, OwnTier::kAsked);
      },
      other == nullptr ? nullptr : &other->outcome, world);
}

double BreakEvenTraffic(const RoundsWorld& world, const ProviderPolicy& policy, double need, RoundsCell cell,
                        Among among) {
  const Response* other = BestOther(cell.uses, world, among);
  return BreakEven(
      [&](double price) {
        RoundsWorld at = world;
        for (size_t c = 0; c < kAddressClasses; ++c) {
          if (c == kResidential || c == kMobile) {
            at.classes[c].traffic = price * at.gigabytes;
          } else {
            at.classes[c].addresses = 0;
          }
        }
        return OwnAt(at, policy, need, OwnTier::kAny);
      },
      other == nullptr ? nullptr : &other->outcome, world);
}

}  // namespace retort
