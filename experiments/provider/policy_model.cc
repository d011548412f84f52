#include "experiments/provider/policy_model.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>

#include "core/base/random.h"
#include "teacher/provider/latin_hypercube.h"
#include "teacher/provider/parallel.h"
#include "teacher/provider/register_draws.h"

namespace retort::provider {
namespace {

constexpr double kEnough = 0.95;    // of Q: less is short of N90; what needle's intervals leave open is not
constexpr double kFlopsAToken = 6;  // a parameter: forward and backward (Kaplan et al. 2020)
constexpr double kSecondsADay = 86400, kSecondsAnHour = 3600, kMonth = 30;
constexpr double kPeopleAThousand = 1e5;  // of the row of address blocks
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double HonestOf(const NeedleAssumptions& a, size_t haystack) {
  return haystack == 0 ? a.chat_accounts.value : haystack == 1 ? a.debate_accounts.value : a.api_accounts.value;
}

double MonthlyMean(const NeedleAssumptions& a, size_t haystack) {
  return haystack == 2 ? a.api_monthly_mean.value : a.honest_monthly_mean.value;
}

using Uses = std::array<std::optional<Response>, kRouteCount>;

// Requests here are κ times as many; at other teachers as many as before.
RoundsWorld WithKappa(RoundsWorld world, double kappa) {
  world.rival_need /= kappa;
  world.open_need /= kappa;
  return world;
}

void SetOutcome(PolicyCell& cell, const RoundsOutcome* outcome, double share_of_n50) {
  if (outcome == nullptr || !outcome->completed) {
    cell.days = cell.dollars = kInfinity;
    cell.short_of_n90 = true;
    cell.short_of_n50 = outcome == nullptr || outcome->obtained < share_of_n50;
    return;
  }
  cell.days = outcome->days;
  cell.dollars = outcome->dollars;
}

// Who is affected, and what the provider pays, until the horizon.
void SetHonest(PolicyCell& cell, const Countermeasure& measure, const PolicyRegisters& r, const RoundsWorld& in,
               size_t h, const RoundsOutcome* outcome, const PolicyInputs& inputs, bool estimated, double detector_p) {
  switch (measure.kind) {
    case CountermeasureKind::kNothing:
      cell.provider_dollars = 0;
      break;
    case CountermeasureKind::kCompute:  // buyers of chips are hit, and no provider pays
      break;
    case CountermeasureKind::kDetectors: {
      const Interval& flagged = inputs.needle[h].honest_flagged;
      cell.honest =
          estimated ? flagged.estimate : RangeQuantile(flagged.low, flagged.estimate, flagged.high, detector_p);
      cell.provider_dollars = r.provider.needle.review_capacity.value * in.horizon_days * r.policy.review_price.value;
      break;
    }
    case CountermeasureKind::kChecks:
    case CountermeasureKind::kBlocks:
      cell.honest = TurnedAwayByTier(in, measure.policy) + (outcome != nullptr ? TurnedAwayByBlocks(*outcome) : 0);
      cell.provider_dollars = ProviderDollars(in, measure.policy, cell.honest);
      break;
    case CountermeasureKind::kSignal: {
      const std::string& arm = inputs.kappas[*measure.kappa].defence_arm;
      if (arm == "one_draw") {  // people in a chat see no probabilities
        cell.honest = h == 2 ? in.honest * r.policy.needs_probabilities.value : 0;
      } else if (arm == "no_reasoning") {
        cell.honest = in.honest * r.policy.needs_reasoning.value;
      } else {
        cell.honest = in.honest * r.policy.hurt_by_paraphrase.value;
        cell.provider_dollars =
            in.honest * MonthlyMean(r.provider.needle, h) * in.horizon_days / kMonth * r.policy.paraphrase_price.value;
      }
      break;
    }
    case CountermeasureKind::kWithheld:
      cell.honest = in.honest * r.policy.needs_withheld.value;
      break;
  }
}

}  // namespace

void Describe(Describer& d, PolicyRegisters& r) {
  Describe(d, r.provider);
  d.Group("policy", r.policy, "the register of policy_table: compute, and what else countermeasures cost");
}

std::vector<RegisterEntry> UsedEntries(PolicyRegisters& r) {
  std::vector<RegisterEntry> entries = UsedEntries(r.provider);
  const std::vector<RegisterEntry> needle = NamedEntries("needle", r.provider.needle);
  for (const char* name : {"needle.api_accounts", "needle.debate_accounts", "needle.honest_monthly_mean",
                           "needle.api_monthly_mean", "needle.review_capacity"}) {
    entries.push_back(*std::ranges::find(needle, name, &RegisterEntry::name));
  }
  std::ranges::move(NamedEntries("policy", r.policy), std::back_inserter(entries));
  return entries;
}

std::vector<Countermeasure> Countermeasures(const PolicyInputs& inputs) {
  using Kind = CountermeasureKind;
  std::vector<Countermeasure> all = {
      {"nothing", Kind::kNothing, {.name = "nothing"}},
      {"detectors", Kind::kDetectors, {.name = "detectors", .detects = true}},
      {"phone", Kind::kChecks, {.name = "phone", .tier = 1, .detects = true}},
      {"document", Kind::kChecks, {.name = "document", .tier = 2, .detects = true}},
      {"document and live face", Kind::kChecks, {.name = "liveness", .tier = 3, .detects = true}},
      {"business, resellers vouch",
       Kind::kChecks,
       {.name = "business, resellers vouch", .tier = kTierCount - 1, .detects = true, .resellers_vouch = true}},
      {"address blocks",
       Kind::kBlocks,
       {.name = "100000 a thousand", .detects = true, .people_a_thousand = kPeopleAThousand}},
  };
  for (size_t k = 0; k < inputs.kappas.size(); ++k) {
    all.push_back({inputs.kappas[k].name, Kind::kSignal, {.name = inputs.kappas[k].name}, k});
  }
  all.push_back({"withhold a capability", Kind::kWithheld, {.name = "withhold"}});
  all.push_back({"limit compute", Kind::kCompute, {.name = "compute"}});
  return all;
}

ComputeDays ComputeOf(const PolicyAssumptions& p, double samples) {
  const double flops = kFlopsAToken * p.student_parameters.value * p.sample_tokens.value * samples * p.epochs.value;
  const double a_day = p.chips.value * p.chip_flops.value * kSecondsADay;
  const double share = p.limited_chips.value;
  return {.free = flops / a_day,
          .limited = flops / (a_day * share),
          .scratch_free = p.scratch_flops.value / a_day,
          .scratch_limited = p.scratch_flops.value / (a_day * share),
          .dollars = flops / (p.chip_flops.value * kSecondsAnHour) * p.chip_hour.value};
}

std::vector<PolicyCell> PolicyModel::Reckon(const PolicyRegisters& r, double samples, const KappaDraw& kappas,
                                            double detector_p, size_t haystacks) const {
  const NeedleAssumptions& needle = r.provider.needle;
  const RoundsWorld world = MakeWorld(needle, r.provider.kyc, r.provider.address);
  const double times = needle.attempts_per_sample.value / needle.accepted_share.value;
  const double need = std::max(1.0, std::ceil(samples * times));
  const double share_of_n50 = inputs_.n50 / inputs_.n90;
  const Uses free = BestOfGroups(world, measures_.front().policy, need);
  const Response* plan = Best(free, world, Among::kPaid);
  std::vector<PolicyCell> cells(rows());
  for (size_t m = 0; m < measures_.size(); ++m) {
    const Countermeasure& measure = measures_[m];
    Kappa kappa;
    if (measure.kappa) {
      const KappaInput& input = inputs_.kappas[*measure.kappa];
      const auto at = kappas.estimated ? std::pair<double, double>() : kappas.at[*measure.kappa];
      kappa = kappas.estimated ? EstimatedKappa(input) : DrawnKappa(input, at.first, at.second);
    }
    if (measure.kind == CountermeasureKind::kWithheld) kappa = {kInfinity, Bound::kAtLeast};
    Uses uses;
    for (size_t h = 0; h < haystacks; ++h) {
      RoundsWorld in = world;
      in.honest = HonestOf(needle, h);
      const bool own_people = measure.kind == CountermeasureKind::kBlocks;  // how many people there are matters
      if (h == 0 || own_people) {
        if (measure.kind == CountermeasureKind::kWithheld) {
          uses = free;  // of this capability there is nothing to be had here
          for (size_t route = 0; route < kRouteCount; ++route) {
            if (kRoutes[route].here) uses[route].reset();
          }
        } else {
          uses = BestOfGroups(WithKappa(in, kappa.value), measure.policy, need * kappa.value);
        }
      }
      const Response* adaptive = Best(uses, in, Among::kPaid);
      const Response* all = Best(uses, in, Among::kAll);
      const Response* here = Best(uses, in, Among::kHere);
      for (const Adversary adversary : {Adversary::kNaive, Adversary::kAdaptive}) {
        PolicyCell& cell = cells[Index(m, adversary, h)];
        cell.kappa = kappa;
        std::optional<Response> kept;
        if (adversary == Adversary::kNaive && plan != nullptr && measure.kind != CountermeasureKind::kWithheld) {
          kept = Unadapted(in, measure.policy, *plan, need);
        }
        const bool naive = adversary == Adversary::kNaive;
        const RoundsOutcome* outcome =
            naive ? (kept ? &kept->outcome : nullptr) : (adaptive != nullptr ? &adaptive->outcome : nullptr);
        SetOutcome(cell, outcome, share_of_n50);
        if (naive && kappa.value > 1 / kEnough) {  // as many samples as before are too few now
          cell.short_of_n90 = true;
          cell.short_of_n50 |= 1 / kappa.value < share_of_n50;
        }
        if (measure.kind == CountermeasureKind::kDetectors) {
          const NeedleSeen& seen = naive ? inputs_.needle[h].Loud(need) : inputs_.needle[h].Best(need);
          const double obtained =
              kappas.estimated ? seen.obtained
                               : TriangularQuantile(seen.obtained_low, seen.obtained, seen.obtained_high, detector_p);
          cell.short_of_n90 |= obtained < kEnough;
          cell.short_of_n50 |= obtained < share_of_n50;
        }
        if (measure.kind == CountermeasureKind::kCompute) {
          const ComputeDays compute = ComputeOf(r.policy, samples);
          cell.days += compute.limited - compute.free;
          if (cell.days > in.horizon_days) {
            cell.days = cell.dollars = kInfinity;
            cell.short_of_n90 = true;
          }
        }
        if (std::isinf(cell.days) || cell.short_of_n90) cell.days = cell.dollars = kInfinity;
        if (all != nullptr) cell.evasion = all->offer.route;
        const std::optional<Response>& open = uses[kOpen];
        cell.open_cheaper =
            open && open->outcome.completed && (here == nullptr || Better(open->outcome, here->outcome, in));
        SetHonest(cell, measure, r, in, h, outcome, inputs_, kappas.estimated, detector_p);
        const PolicyCell& nothing = cells[Index(0, adversary, h)];
        cell.added_days = Added(cell.days, nothing.days);
        cell.added_dollars = Added(cell.dollars, nothing.dollars);
      }
    }
  }
  return cells;
}

std::optional<std::vector<PolicyRow>> DrawPolicies(const PolicyModel& model, const PolicyInputs& inputs,
                                                   const PolicyRegisters& registers, double samples,
                                                   const std::vector<double>& drawn, int draws, uint64_t seed,
                                                   int threads, const Watch& watch) {
  constexpr double kMiddle = 0.5;  // of a slice
  PolicyRegisters copy = registers;
  const std::vector<std::vector<double>> values = DrawEntries(UsedEntries(copy), draws, seed);
  const auto places = [&](const std::string& name) {  // in a bootstrap: each of `draws` slices once
    std::vector<size_t> order(static_cast<size_t>(draws));
    std::iota(order.begin(), order.end(), 0U);
    RandomStream(seed, "place of " + name).Shuffle(order);
    std::vector<double> at;
    at.reserve(order.size());
    for (const size_t slice : order) at.push_back((static_cast<double>(slice) + kMiddle) / draws);
    return at;
  };
  std::vector<std::pair<std::vector<double>, std::vector<double>>> kappas;
  for (const KappaInput& input : inputs.kappas)
    kappas.emplace_back(places(input.name), places(input.name + ", defence"));
  const std::vector<double> of_need = places("need"), of_detectors = places("detectors");
  std::vector<std::vector<PolicyCell>> cells(static_cast<size_t>(draws));
  const bool done = ParallelFor(
      threads, draws,
      [&](int64_t i) {
        const auto at = static_cast<size_t>(i);
        PolicyRegisters with = registers;
        SetEntries(UsedEntries(with), values, at);
        KappaDraw kappa{.estimated = false};
        for (const auto& [none, defence] : kappas) kappa.at.emplace_back(none[at], defence[at]);
        const double n =
            drawn.empty() ? samples : drawn[static_cast<size_t>(of_need[at] * static_cast<double>(drawn.size()))];
        cells[at] = model.Reckon(with, n, kappa, of_detectors[at]);
      },
      [&](int64_t at) { return !watch || watch("drawing from the registers", static_cast<double>(at) / draws); });
  if (!done) return std::nullopt;
  const std::vector<PolicyCell> registered = model.Reckon(registers, samples, {}, 0);
  std::vector<PolicyRow> rows(model.rows());
  for (size_t row = 0; row < rows.size(); ++row) {
    PolicyRow& of = rows[row];
    of.registered = registered[row];
    const auto over = [&](const std::function<double(const PolicyCell&)>& what) {
      std::vector<double> all;
      all.reserve(cells.size());
      for (const std::vector<PolicyCell>& draw : cells) all.push_back(what(draw[row]));
      return MiddleOf(std::move(all), what(of.registered));
    };
    of.kappa = over([](const PolicyCell& c) { return c.kappa.value; });
    of.days = over([](const PolicyCell& c) { return c.days; });
    of.dollars = over([](const PolicyCell& c) { return c.dollars; });
    of.added_days = over([](const PolicyCell& c) { return c.added_days; });
    of.added_dollars = over([](const PolicyCell& c) { return c.added_dollars; });
    of.honest = over([](const PolicyCell& c) { return c.honest; });
    if (of.registered.provider_dollars) {
      of.provider_dollars = over([](const PolicyCell& c) { return c.provider_dollars.value_or(0); });
    }
    const double each = cells.empty() ? 0 : 1 / static_cast<double>(cells.size());
    for (const std::vector<PolicyCell>& draw : cells) {
      const PolicyCell& cell = draw[row];
      of.short_of_n50 += cell.short_of_n50 ? each : 0;
      of.short_of_n90 += cell.short_of_n90 ? each : 0;
      of.open_cheaper += cell.open_cheaper ? each : 0;
      of.evasion[cell.evasion] += each;
      if (cell.kappa.value == of.kappa.low) of.kappa_low_bound = cell.kappa.bound;
      if (cell.kappa.value == of.kappa.high) of.kappa_high_bound = cell.kappa.bound;
    }
    if (cells.empty()) {
      of.short_of_n50 = of.registered.short_of_n50 ? 1 : 0;
      of.short_of_n90 = of.registered.short_of_n90 ? 1 : 0;
      of.open_cheaper = of.registered.open_cheaper ? 1 : 0;
      of.evasion[of.registered.evasion] = 1;
    }
  }
  return rows;
}

}  // namespace retort::provider
