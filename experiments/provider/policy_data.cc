// The numbers of policy_table as tidy CSV.
#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "experiments/lab/register_table.h"
#include "experiments/provider/policy_report.h"
#include "experiments/provider/policy_tables.h"

namespace retort::provider {
namespace {

void AddColumns(std::vector<DataColumn>& columns, const std::string& name, const std::string& unit,
                const std::string& meaning, const std::string& empty) {
  columns.push_back({name, unit, meaning, empty});
  columns.push_back({name + "_low", unit, "the 5 % quantile of the draws", empty});
  columns.push_back({name + "_high", unit, "the 95 % quantile of the draws", empty});
  columns.push_back({name + "_grade", "text", "weakest of its inputs", "nothing enters"});
}

void Add(std::vector<DataField>& row, const Interval& of, const std::string& grade) {
  row.insert(row.end(), {of.estimate, of.low, of.high, grade == kDash ? DataField() : DataField(grade)});
}

DataTable Summary(const PolicyReport& report) {
  const char* const never = "not within the horizon";
  DataTable table{
      .file = "summary.csv",
      .about = "One countermeasure against one distiller in one haystack at one volume.",
      .columns = {{"volume", "text", "what it is known from", ""},
                  {"grade", "text", "of the volume", ""},
                  {"requests", "requests", "Q as registered", ""},
                  {"countermeasure", "text", "of the provider, or of a state", ""},
                  {"distiller", "text", "naive or adaptive", ""},
                  {"haystack", "text", "population", ""},
                  {"kappa_bound", "text", ">=, <= or ~ (neither side known) where an N90 is censored", "exact"}}};
  AddColumns(table.columns, "kappa", "ratio", "N90 with over N90 without", "not reached");
  AddColumns(table.columns, "days", "days", "until the campaign is completed", never);
  AddColumns(table.columns, "added_days", "days", "against doing nothing", never);
  AddColumns(table.columns, "dollars", "US dollars", "that the distiller spends", never);
  AddColumns(table.columns, "added_dollars", "US dollars", "against doing nothing", never);
  AddColumns(table.columns, "honest", "people", "affected, until the horizon", "");
  AddColumns(table.columns, "provider_dollars", "US dollars", "until the horizon", "not reckoned");
  table.columns.push_back({"short_of_n50", "share", "of draws", ""});
  table.columns.push_back({"short_of_n90", "share", "of draws", ""});
  table.columns.push_back({"short_of_grade", "text", "weakest of their inputs", ""});
  table.columns.push_back({"evasion", "text", "the cheapest of all routes, as registered", ""});
  for (const Route& route : kRoutes) {
    std::string name = "evasion_" + std::string(route.name);
    std::replace(name.begin(), name.end(), ' ', '_');
    table.columns.push_back({name, "share", "of draws in which it is", ""});
  }
  table.columns.push_back(
      {"open_cheaper", "share", "of draws in which open weights cost less than any route here", ""});
  for (const PolicyVolume& volume : report.volumes) {
    for (size_t m = 0; m < report.model.measures().size(); ++m) {
      const Countermeasure& measure = report.model.measures()[m];
      const CellGrades grades = GradesOf(report, measure);
      for (const Adversary adversary : {Adversary::kNaive, Adversary::kAdaptive}) {
        for (size_t h = 0; h < kHaystacks.size(); ++h) {
          const PolicyRow& of = volume.rows[report.model.Index(m, adversary, h)];
          std::vector<DataField> row = {volume.name,
                                        volume.grade,
                                        volume.requests,
                                        measure.name,
                                        kAdversaries[static_cast<size_t>(adversary)],
                                        kHaystacks[h],
                                        Sign(of.registered.kappa.bound)};
          Add(row, of.kappa, grades.kappa);
          Add(row, of.days, grades.delay);
          Add(row, of.added_days, grades.delay);
          Add(row, of.dollars, grades.delay);
          Add(row, of.added_dollars, grades.delay);
          Add(row, of.honest, grades.honest);
          if (of.provider_dollars) {
            Add(row, *of.provider_dollars, grades.provider);
          } else {
            row.resize(row.size() + 4);
          }
          row.insert(row.end(),
                     {of.short_of_n50, of.short_of_n90, grades.short_of, kRoutes[of.registered.evasion].name});
          for (const double share : of.evasion) row.emplace_back(share);
          row.emplace_back(of.open_cheaper);
          table.rows.push_back(std::move(row));
        }
      }
    }
  }
  return table;
}

DataTable Swings(const PolicyReport& report) {
  DataTable table{.file = "tornado.csv",
                  .about = "What the primary countermeasure adds with one assumption at both ends of its range.",
                  .columns = {{"assumption", "text", "entry of the registers", ""},
                              {"low", "see assumptions.csv", "tried", ""},
                              {"high", "see assumptions.csv", "tried", ""},
                              {"added_days_low", "days", "at the low end", "not within the horizon"},
                              {"added_days_high", "days", "at the high end", "not within the horizon"},
                              {"added_dollars_low", "US dollars", "at the low end", "not within the horizon"},
                              {"added_dollars_high", "US dollars", "at the high end", "not within the horizon"}}};
  for (const PolicySwing& s : report.sensitivity.swings) {
    table.rows.push_back({s.entry, s.low, s.high, s.days_low, s.days_high, s.dollars_low, s.dollars_high});
  }
  return table;
}

DataTable Flips(const PolicyReport& report) {
  DataTable table{.file = "flips.csv",
                  .about = "Where a conclusion turns as one assumption moves.",
                  .columns = {{"conclusion", "text", "tried", ""},
                              {"assumption", "text", "entry of the registers", ""},
                              {"registered", "see assumptions.csv", "its value", ""},
                              {"turns_at", "see assumptions.csv", "nearest to that", ""}}};
  for (const Flip& flip : report.sensitivity.flips) {
    table.rows.push_back({flip.conclusion, flip.entry, flip.value, flip.at});
  }
  return table;
}

}  // namespace

std::vector<DataTable> PolicyData(const PolicyReport& report) {
  PolicyRegisters copy = report.registers;
  std::vector<RegisterEntry> storage;
  return {Summary(report), Swings(report), Flips(report), lab::RegisterData(PolicyEntries(copy, storage))};
}

}  // namespace retort::provider
