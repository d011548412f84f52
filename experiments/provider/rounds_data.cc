// The numbers of know_your_customer and address_blocking as tidy CSV.
#include <algorithm>
#include <cmath>

#include "experiments/provider/rounds_report.h"
#include "experiments/provider/rounds_tables.h"
#include "experiments/provider/rounds_words.h"

namespace retort::provider {
namespace {

constexpr const char* kAmongNames[] = {"paid", "here", "all"};  // by Among

void AddInterval(std::vector<DataField>& row, const Interval& of) {
  row.insert(row.end(), {of.estimate, of.low, of.high});
}

void AddColumns(std::vector<DataColumn>& columns, const std::string& name, const std::string& unit,
                const std::string& meaning, const std::string& empty) {
  columns.push_back({name, unit, meaning, empty});
  columns.push_back({name + "_low", unit, "the 5 % quantile of the draws", empty});
  columns.push_back({name + "_high", unit, "the 95 % quantile of the draws", empty});
}

DataTable Summary(const RoundsReport& report) {
  DataTable table{.file = "summary.csv",
                  .about = "What one policy is worth at one volume, against doing nothing.",
                  .columns = {{"volume", "text", "what it is known from", ""},
                              {"grade", "text", "of the volume", ""},
                              {"bound", "text", "<= or >= where N90 is censored", "exact"},
                              {"requests", "requests", "Q: what the distiller needs", ""},
                              {"among", "text",
                               "paid: routes through this provider that the distiller pays for; here: "
                               "all through it; all: other teachers too",
                               ""},
                              {"policy", "text", "of the provider", ""}}};
  AddColumns(table.columns, "days", "days", "until the campaign is completed", "not completed within the horizon");
  AddColumns(table.columns, "added_days", "days", "against doing nothing", "not completed within the horizon");
  AddColumns(table.columns, "dollars", "US dollars", "that the distiller spends", "not completed within the horizon");
  AddColumns(table.columns, "added_dollars", "US dollars", "against doing nothing", "not completed within the horizon");
  table.columns.push_back({"not_completed", "share", "of draws, within the horizon", ""});
  AddColumns(table.columns, "turned_away", "people", "honest, by tier and blocks", "");
  AddColumns(table.columns, "provider_dollars", "US dollars", "checks, and revenue lost until the horizon", "");
  for (const Route& route : kRoutes) {
    table.columns.push_back({"chosen_" + std::string(route.name), "share", "of draws in which it is the cheapest", ""});
  }
  for (DataColumn& column : table.columns) std::ranges::replace(column.name, ' ', '_');
  for (const VolumeEffects& volume : report.volumes) {
    for (const Among among : kAmong) {
      const std::vector<PolicyEffect>& effects = Of(volume.effects, among);
      for (size_t p = 0; p < effects.size(); ++p) {
        const PolicyEffect& effect = effects[p];
        std::vector<DataField> row = {volume.name,
                                      volume.grade,
                                      Sign(volume.needed.bound),
                                      volume.needed.requests,
                                      kAmongNames[static_cast<size_t>(among)],
                                      report.study.policies[p].name};
        AddInterval(row, effect.days);
        AddInterval(row, effect.added_days);
        AddInterval(row, effect.dollars);
        AddInterval(row, effect.added_dollars);
        row.emplace_back(effect.not_completed);
        AddInterval(row, effect.turned_away);
        AddInterval(row, effect.provider_dollars);
        for (const double share : effect.chosen) row.emplace_back(share);
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

DataTable Uses(const RoundsReport& report) {
  DataTable table{.file = "routes.csv",
                  .about = "The best use of one route under one policy at one volume, as registered.",
                  .columns = {{"policy", "text", "of the provider", ""},
                              {"requests", "requests", "Q: what the distiller needs", ""},
                              {"route", "text", "to a teacher", ""},
                              {"tier", "text", "of its accounts", "it has none"},
                              {"daily", "requests a day", "through one account, reseller or key", ""},
                              {"channels", "accounts, resellers or keys", "kept in use", ""},
                              {"bought", "accounts, resellers or keys", "all told", ""},
                              {"addresses", "text", "classes, in the order in which they were used", "not seen"},
                              {"completed", "0 or 1", "within the horizon", ""},
                              {"obtained", "share", "of the need", ""},
                              {"days", "days", "until it was completed or the horizon", ""},
                              {"dollars", "US dollars", "spent", ""},
                              {"requests_here", "requests", "that this provider saw", ""},
                              {"gigabytes", "GB", "of traffic through the distiller's addresses", ""},
                              {"blocked", "people", "honest, who lost their addresses", ""}}};
  for (size_t p = 0; p < report.study.policies.size(); ++p) {
    for (size_t n = 0; n < report.study.needs.size(); ++n) {
      for (const std::optional<Response>& use : report.study.At(p, n).uses) {
        if (!use) continue;
        const bool accounts = use->offer.route == kOwn || use->offer.route == kStrawBuyer;
        table.rows.push_back(
            {report.study.policies[p].name, report.study.needs[n], kRoutes[use->offer.route].name,
             accounts ? DataField(kTierNames[use->offer.tier]) : DataField(), use->offer.daily, use->channels,
             use->outcome.channels, use->address_classes.empty() ? DataField() : DataField(AddressOrder(*use)),
             static_cast<int>(use->outcome.completed), use->outcome.obtained, use->outcome.days, use->outcome.dollars,
             use->outcome.requests, use->outcome.gigabytes, TurnedAwayByBlocks(use->outcome)});
      }
    }
  }
  return table;
}

DataTable BreakEvenData(const RoundsReport& report) {
  DataTable table{
      .file = "break_even.csv",
      .about = "The price at which the distiller's own accounts cost as much as the best other use.",
      .columns = {{"among", "text", "which others: paid, here or all, as in summary.csv", ""},
                  {"policy", "text", "of the provider", ""},
                  {"requests", "requests", "Q: what the distiller needs", ""},
                  {"dollars", report.kind == RoundsKind::kIdentity ? "US dollars an account" : "US dollars a GB",
                   "0: never the cheapest", "always the cheapest"}}};
  for (const Among among : kAmong) {
    const BreakEvens& found = Of(report.break_evens, among);
    for (size_t p = 0; p < found.names.size(); ++p) {
      for (size_t n = 0; n < found.needs.size(); ++n) {
        table.rows.push_back(
            {kAmongNames[static_cast<size_t>(among)], found.names[p], found.needs[n], found.prices[p][n]});
      }
    }
  }
  return table;
}

}  // namespace

std::vector<DataTable> RoundsData(const RoundsReport& report) {
  return {Summary(report), Uses(report), BreakEvenData(report), RoundsRegisterData(report)};
}

}  // namespace retort::provider
