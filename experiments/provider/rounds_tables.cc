#include "experiments/provider/rounds_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "experiments/lab/register_table.h"
#include "experiments/provider/needle_tables.h"
#include "experiments/provider/rounds_words.h"

namespace retort::provider {
namespace {

constexpr double kAnswers = 800'000;  // of the published size that the traffic is shown for

const Response* BestAt(const RoundsReport& report, size_t policy, double requests, Among among) {
  const RoundsCell* cell = report.study.Find(policy, requests);
  return cell == nullptr ? nullptr : cell->Of(among, report.study.world);
}

std::vector<NamedAssumption> Named(const std::vector<RegisterEntry>& entries) {
  std::vector<NamedAssumption> named;
  named.reserve(entries.size());
  for (const RegisterEntry& entry : entries) named.push_back({entry.name, entry.help, entry.entry});
  return named;
}

}  // namespace

Table EffectTable(const RoundsReport& report, const VolumeEffects& volume, Among among) {
  Table table{
      .title = fmt::format("{} requests ({}, {}): {}", Bounded(volume.needed.bound, Requests(volume.needed.requests)),
                           volume.name, volume.grade, AmongWords(among)),
      .header = {"policy", "cheapest use", "days", "added days", "dollars", "added dollars", "draws not completed",
                 "honest people turned away", "provider's dollars"},
      .text_columns = 2,
      .note = fmt::format("As registered, and in brackets the middle 90 % of {} draws from the registers. Days "
                          "and dollars are of the distiller's best response. An estimate can lie outside of its "
                          "brackets where draws move it one way only.",
                          report.config.draws)};
  const std::vector<PolicyEffect>& effects = Of(volume.effects, among);
  for (size_t p = 0; p < effects.size(); ++p) {
    const PolicyEffect& effect = effects[p];
    const Response* best = BestAt(report, p, volume.needed.requests, among);
    table.rows.push_back({report.study.policies[p].name, best == nullptr ? std::string(kDash) : HowUsed(*best),
                          Sorted(DaysBetween(effect.days), effect.days.estimate),
                          Sorted(AddedDays(effect.added_days), effect.added_days.estimate),
                          Sorted(MoneyBetween(effect.dollars), effect.dollars.estimate),
                          Sorted(AddedMoney(effect.added_dollars), effect.added_dollars.estimate),
                          Percent(effect.not_completed),
                          Sorted(PeopleBetween(effect.turned_away), effect.turned_away.estimate),
                          Sorted(MoneyBetween(effect.provider_dollars), effect.provider_dollars.estimate)});
  }
  return table;
}

Table RouteTable(const RoundsReport& report, const VolumeEffects& volume) {
  Table table{.title = fmt::format("Every route, {} requests ({})", Requests(volume.needed.requests), volume.grade),
              .header = {"policy", "route", "addresses", "channels bought", "days", "dollars", "dollars and delay",
                         "requests seen here", "traffic, GB"},
              .text_columns = 3,
              .note =
                  "The best use of each route: number of channels (accounts, resellers, keys), pace, tier, order of "
                  "address classes. Dollars and delay price a day as the register does (kyc.day_value)."};
  for (const size_t policy : {size_t{0}, report.policy}) {
    const RoundsCell* cell = report.study.Find(policy, volume.needed.requests);
    if (cell == nullptr) continue;
    for (size_t r = 0; r < kRouteCount; ++r) {
      const std::string& name = report.study.policies[policy].name;
      if (!cell->uses[r]) {
        table.rows.push_back({name, kRoutes[r].name, kDash, "0", std::string(kNotCompleted), kDash, kDash, "0", "0"});
        continue;
      }
      const Response& use = *cell->uses[r];
      const RoundsOutcome& o = use.outcome;
      const double days = o.completed ? o.days : INFINITY;
      const std::string part = o.completed ? "" : fmt::format(" ({} obtained)", Percent(o.obtained));
      table.rows.push_back({name, HowUsed(use), AddressOrder(use),
                            Sorted(kRoutes[r].here ? Count(std::ceil(o.channels)) : "0", o.channels),
                            Sorted(Days(days) + part, days), Sorted(Money(o.dollars), o.dollars),
                            Sorted(Money(o.Cost(report.study.world)), o.Cost(report.study.world)),
                            Sorted(Requests(std::round(o.requests)), o.requests), fmt::format("{:.3g}", o.gigabytes)});
    }
  }
  return table;
}

Table CheapestTable(const RoundsReport& report, Among among) {
  Table table{.title = "Which use is the cheapest, and how long it takes: " + AmongWords(among),
              .header = {"requests", "known from"},
              .text_columns = 2 + report.study.policies.size()};
  for (const ProviderPolicy& policy : report.study.policies) table.header.push_back(policy.name);
  for (size_t n = 0; n < report.study.needs.size(); ++n) {
    const double need = report.study.needs[n];
    const double decade = std::log10(need);
    const std::string marks = MarksAt(report.marks, need);
    if (marks.empty() && std::abs(decade - std::round(decade)) > 1e-9) continue;
    std::vector<TableCell> row = {Sorted(Requests(need), need), marks.empty() ? std::string(kDash) : marks};
    for (size_t p = 0; p < report.study.policies.size(); ++p) {
      const Response* best = report.study.At(p, n).Of(among, report.study.world);
      if (best == nullptr) {
        row.emplace_back(kDash);
      } else if (best->outcome.completed) {
        row.emplace_back(fmt::format("{}: {} days", HowUsed(*best), Days(best->outcome.days)));
      } else {
        row.emplace_back(
            fmt::format("{}: {}, {} obtained", HowUsed(*best), kNotCompleted, Percent(best->outcome.obtained)));
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table TierTable(const RoundsReport& report) {
  Table table{.title = "Tiers of identity",
              .header = {"tier", "dollars an account", "requests a day", "dollars for 1 000 requests a day",
                         "honest people lost", "people", "checks, provider's dollars"},
              .note =
                  "An account's price is that of an attempt over the share of attempts that pass; straw buyers are "
                  "beside it. People lost are counted beside an e-mail address, which everybody has."};
  const RoundsWorld& world = report.study.world;
  for (size_t t = 0; t < kTierCount; ++t) {
    const TierTerms& terms = world.tiers[t];
    const double price = terms.price / terms.pass;
    table.rows.push_back({kTierNames[t], Sorted(Money(price), price), Count(terms.quota),
                          Sorted(Money(1000 * price / terms.quota), price / terms.quota), Percent(terms.lost),
                          Sorted(People(world.honest * terms.lost), terms.lost),
                          Sorted(Money(world.honest * terms.check), terms.check)});
  }
  return table;
}

Table AddressTable(const RoundsReport& report) {
  const RoundsWorld& world = report.study.world;
  Table table{
      .title = "Classes of addresses",
      .header = {"class", "honest people from there", "people behind an address",
                 fmt::format("traffic of {} answers", Count(kAnswers)), "lag, days", "addresses to be had"},
      .note = fmt::format("{} answers are {:.3g} GB. Residential traffic is published (0.89 to 5.00 dollars a GB: "
                          "$14 to $80); most else is assumed.",
                          Count(kAnswers), kAnswers * world.gigabytes)};
  for (size_t c = 0; c < kAddressClasses; ++c) {
    const AddressTerms& terms = world.classes[c];
    table.rows.push_back({kAddressNames[c], Sorted(People(world.honest * terms.honest_share), terms.honest_share),
                          fmt::format("{:g}", terms.users), Sorted(Money(kAnswers * terms.traffic), terms.traffic),
                          fmt::format("{:g}", terms.lag_days), Count(terms.addresses)});
  }
  return table;
}

Table PeopleTable(const RoundsReport& report, const VolumeEffects& volume) {
  Table table{.title = fmt::format("Honest people who lose their addresses, {} requests ({}), {}",
                                   Requests(volume.needed.requests), volume.grade, AmongWords(Among::kPaid)),
              .header = {"policy", "addresses used", "blocked as a whole"},
              .text_columns = 3,
              .note =
                  "Under the distiller's best response. Each honest person is served, turned away by the tier, or "
                  "blocked, once."};
  for (const std::string_view name : kAddressNames) table.header.emplace_back(name);
  table.header.emplace_back("all");
  table.header.emplace_back("people a day of delay");
  const Response* free = BestAt(report, 0, volume.needed.requests, Among::kPaid);
  for (size_t p = 0; p < report.study.policies.size(); ++p) {
    const Response* best = BestAt(report, p, volume.needed.requests, Among::kPaid);
    if (best == nullptr || free == nullptr) continue;
    const RoundsOutcome& o = best->outcome;
    std::string whole;
    for (size_t c = 0; c < kAddressClasses; ++c) {
      if (o.class_blocked[c]) whole += (whole.empty() ? "" : ", ") + std::string(kAddressNames[c]);
    }
    std::vector<TableCell> row = {report.study.policies[p].name, AddressOrder(*best),
                                  whole.empty() ? std::string(kDash) : whole};
    for (const double people : o.blocked) row.push_back(Sorted(People(people), people));
    const double all = TurnedAwayByBlocks(o) + TurnedAwayByTier(report.study.world, report.study.policies[p]);
    row.push_back(Sorted(People(all), all));
    const double delay = o.completed && free->outcome.completed ? o.days - free->outcome.days : NAN;
    row.push_back(delay > 0.01 ? Sorted(People(all / delay), all / delay) : TableCell(kDash));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table BreakEvenTable(const RoundsReport& report, Among among) {
  const BreakEvens& prices = Of(report.break_evens, among);
  const bool identity = report.kind == RoundsKind::kIdentity;
  Table table{.title = fmt::format("{} at which the distiller's own accounts cost as much as the best other use: {}",
                                   identity ? "Price of an account" : "Price of a GB of residential traffic",
                                   AmongWords(among)),
              .header = {"requests"},
              .note =
                  "Cheaper, own accounts are the cheapest; dearer, the distiller goes another way. Never: another "
                  "way is cheaper though they cost nothing. Always: nothing else completes."};
  for (const std::string& name : prices.names) table.header.push_back(name);
  for (size_t n = 0; n < prices.needs.size(); ++n) {
    std::vector<TableCell> row = {Sorted(Requests(prices.needs[n]), prices.needs[n])};
    for (const std::vector<double>& of : prices.prices) {
      row.push_back(of[n] <= 0          ? Sorted("never", 0)
                    : std::isinf(of[n]) ? Sorted("always", of[n])
                                        : Sorted(Money(of[n]), of[n]));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table RoundsRegisterTable(const RoundsReport& report) {
  ProviderRegisters registers = report.registers;
  Table table = lab::RegisterTable(Named(UsedEntries(registers)));
  table.note = "Value of each entry: <name>.value=... on the command line tries another.";
  return table;
}

DataTable RoundsRegisterData(const RoundsReport& report) {
  ProviderRegisters registers = report.registers;
  return lab::RegisterData(Named(UsedEntries(registers)));
}

}  // namespace retort::provider
