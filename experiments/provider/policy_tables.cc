#include "experiments/provider/policy_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "experiments/provider/needle_tables.h"
#include "experiments/provider/rounds_words.h"

namespace retort::provider {
namespace {

std::string Weakest(std::initializer_list<std::string_view> grades) {
  constexpr std::string_view kOrder[] = {"measured here", "published", "alleged", "assumed"};
  std::string weakest(kOrder[0]);
  size_t at = 0;
  for (const std::string_view grade : grades) {
    const auto found = static_cast<size_t>(std::ranges::find(kOrder, grade) - std::begin(kOrder));
    if (found < std::size(kOrder) && found > at) {
      at = found;
      weakest = grade;
    }
  }
  return weakest;
}

// The weakest grade of the entries of one register that are used.
std::string WeakestOf(const PolicyReport& report, std::string_view prefix) {
  PolicyRegisters copy = report.registers;
  std::string weakest = "measured here";
  for (const RegisterEntry& entry : UsedEntries(copy)) {
    if (entry.name.starts_with(prefix)) weakest = Weakest({weakest, entry.entry->grade});
  }
  return weakest;
}

}  // namespace

CellGrades GradesOf(const PolicyReport& report, const Countermeasure& measure) {
  using Kind = CountermeasureKind;
  const std::string kyc = WeakestOf(report, "kyc."), address = WeakestOf(report, "address."),
                    policy = WeakestOf(report, "policy."), needle = WeakestOf(report, "needle.");
  const std::string volume = report.volumes.front().grade;
  const std::string kappa = measure.kappa || measure.kind == Kind::kWithheld ? "measured here" : std::string(kDash);
  const std::string rounds = Weakest({volume, kyc, address});
  CellGrades grades{.kappa = kappa, .delay = rounds, .short_of = rounds, .evasion = rounds};
  const bool own = measure.kind == Kind::kChecks || measure.kind == Kind::kBlocks;
  grades.honest = own ? Weakest({kyc, address, needle}) : measure.kind == Kind::kDetectors ? needle : policy;
  grades.provider = own ? Weakest({kyc, needle}) : policy;
  if (measure.kind == Kind::kNothing || measure.kind == Kind::kCompute) {
    grades.honest = grades.provider = std::string(kDash);
  }
  return grades;
}

std::string KappaText(const PolicyRow& row, const Countermeasure& measure) {
  if (measure.kind == CountermeasureKind::kWithheld) return "not reached";
  if (!measure.kappa) return "1";
  const auto text = [](Bound bound, double kappa) { return Bounded(bound, fmt::format("{:.2g}", kappa)); };
  return fmt::format("{} [{}, {}]", text(row.registered.kappa.bound, row.kappa.estimate),
                     text(row.kappa_low_bound, row.kappa.low), text(row.kappa_high_bound, row.kappa.high));
}

Bound DelayBound(const PolicyRow& row, const Countermeasure& measure, Adversary adversary) {
  const bool bounded = measure.kappa && adversary == Adversary::kAdaptive && std::isfinite(row.days.estimate);
  return bounded ? row.registered.kappa.bound : Bound::kExact;
}

std::string EvasionText(const PolicyRow& row) {
  const size_t route = row.registered.evasion;
  const auto most = static_cast<size_t>(std::ranges::max_element(row.evasion) - row.evasion.begin());
  std::string text = fmt::format("{} ({} of draws", kRoutes[route].name, Percent(row.evasion[route]));
  if (most != route) text += fmt::format("; {} {}", kRoutes[most].name, Percent(row.evasion[most]));
  return text + ")";
}

std::vector<NamedAssumption> PolicyEntries(PolicyRegisters& registers, std::vector<RegisterEntry>& storage) {
  storage = UsedEntries(registers);
  std::vector<NamedAssumption> named;
  named.reserve(storage.size());
  for (const RegisterEntry& entry : storage) named.push_back({entry.name, entry.help, entry.entry});
  return named;
}

Table PolicyTable(const PolicyReport& report, const PolicyVolume& volume, std::optional<Adversary> adversary,
                  std::optional<size_t> haystack) {
  Table table{.title = fmt::format("{} requests ({}, {})", Bounded(volume.bound, Requests(volume.requests)),
                                   volume.name, volume.grade),
              .header = {"countermeasure"},
              .text_columns = 1};
  if (adversary) {
    table.title += fmt::format(", {} distiller", kAdversaries[static_cast<size_t>(*adversary)]);
  } else {
    table.header.emplace_back("distiller");
  }
  if (haystack) {
    table.title += fmt::format(", {} haystack", kHaystacks[*haystack]);
  } else {
    table.header.emplace_back("haystack");
  }
  table.text_columns = table.header.size();
  for (const char* column :
       {"κ", "added days", "added dollars", "days", "dollars", "short of N50", "short of N90", "honest people affected",
        "a distiller stopped", "provider's dollars", "best evasion", "open weights cheaper"}) {
    table.header.emplace_back(column);
  }
  for (size_t m = 0; m < report.model.measures().size(); ++m) {
    for (const Adversary a : {Adversary::kAdaptive, Adversary::kNaive}) {
      if (adversary && a != *adversary) continue;
      for (size_t h = 0; h < kHaystacks.size(); ++h) {
        if (haystack && h != *haystack) continue;
        const PolicyRow& row = volume.rows[report.model.Index(m, a, h)];
        const Countermeasure& measure = report.model.measures()[m];
        std::vector<TableCell> cells = {measure.name};
        if (!adversary) cells.emplace_back(kAdversaries[static_cast<size_t>(a)]);
        if (!haystack) cells.emplace_back(kHaystacks[h]);
        cells.push_back(Sorted(KappaText(row, measure), row.kappa.estimate));
        const Bound bound = DelayBound(row, measure, a);
        cells.push_back(Sorted(Bounded(bound, AddedDays(row.added_days)), row.added_days.estimate));
        cells.push_back(Sorted(Bounded(bound, AddedMoney(row.added_dollars)), row.added_dollars.estimate));
        cells.push_back(Sorted(Bounded(bound, DaysBetween(row.days)), row.days.estimate));
        cells.push_back(Sorted(Bounded(bound, MoneyBetween(row.dollars)), row.dollars.estimate));
        cells.emplace_back(Percent(row.short_of_n50));
        cells.emplace_back(Percent(row.short_of_n90));
        const bool others = measure.kind == CountermeasureKind::kCompute;  // not this provider's customers
        cells.push_back(others ? TableCell(kDash) : Sorted(PeopleBetween(row.honest), row.honest.estimate));
        const double each = row.honest.estimate / row.short_of_n90;
        cells.push_back(others                 ? TableCell(kDash)
                        : row.short_of_n90 > 0 ? Sorted(People(each), each)
                                               : TableCell("none is stopped"));
        cells.push_back(row.provider_dollars
                            ? Sorted(MoneyBetween(*row.provider_dollars), row.provider_dollars->estimate)
                            : TableCell(kDash));
        cells.emplace_back(EvasionText(row));
        cells.emplace_back(Percent(row.open_cheaper));
        table.rows.push_back(std::move(cells));
      }
    }
  }
  table.note = fmt::format(
      "As registered, and in brackets the middle 90 % of {} draws. An estimate can lie outside of its brackets where "
      "draws move it one way only: how many honest people detectors flag is known from below. κ: N90 under the "
      "countermeasure over N90 without. Short of: share of draws in which that share of the gap is not reached within "
      "the horizon. A distiller stopped: "
      "honest "
      "people affected over the chance that one is short of N90. A dash: not reckoned.",
      report.config.draws);
  return table;
}

Table KappaTable(const PolicyReport& report) {
  Table table{.title = "κ, from the bootstrap of each defence's own arm",
              .header = {"countermeasure", "file", "task", "without", "with", "N90 without", "N90 with", "κ"},
              .text_columns = 5,
              .note =
                  "N90 under the defence that was not reached within the grid makes κ a lower bound; so does one "
                  "without it that lies below the smallest N tried. Measured here, on small students; the two "
                  "bootstraps are drawn independently of each other, which makes the interval too wide rather than "
                  "too narrow."};
  const auto n90 = [](const Need& need) { return ToString(need.estimate); };
  for (size_t m = 0; m < report.model.measures().size(); ++m) {
    const Countermeasure& measure = report.model.measures()[m];
    if (!measure.kappa) continue;
    const KappaInput& input = report.inputs.kappas[*measure.kappa];
    const PolicyRow& row = report.volumes.front().rows[report.model.Index(m, Adversary::kAdaptive, 0)];
    table.rows.push_back({measure.name, input.file, input.task, input.none_arm, input.defence_arm, n90(input.none),
                          n90(input.defence), Sorted(KappaText(row, measure), row.kappa.estimate)});
  }
  return table;
}

Table ComputeTable(const PolicyReport& report) {
  const ComputeDays days = ComputeOf(report.registers.policy, report.volumes.front().samples);
  const FlopsInput& flops = report.inputs.flops;
  const auto times = [](double x) { return fmt::format("{:.2g}", x); };
  Table table{.title = "Limiting compute",
              .header = {"what", "with all chips", "with those that a limit leaves", "grade"},
              .note = fmt::format(
                  "Measured here, on the small student at N90: distilling took {} times the FLOPs of training from "
                  "scratch, the base's pretraining not counted, and {} times with it. Above, the student is large and "
                  "its samples are {}; training anew is a published budget.",
                  times(flops.distillation / flops.from_scratch),
                  times(flops.distillation_with_base / flops.from_scratch), Requests(report.volumes.front().samples))};
  table.text_columns = 1;
  table.rows.push_back({fmt::format("fine-tuning on {} samples, days", Requests(report.volumes.front().samples)),
                        Days(days.free), Days(days.limited), "assumed"});
  table.rows.push_back({"its dollars", Money(days.dollars), Money(days.dollars), "assumed"});
  table.rows.push_back(
      {"training a large model anew, days", Days(days.scratch_free), Days(days.scratch_limited), "assumed"});
  return table;
}

Table WithheldTable(const PolicyReport& report) {
  Table table{.title = "Withholding a capability",
              .header = {"student", "score on what is withheld"},
              .note =
                  "From withheld_capability, measured here. What is withheld cannot be had from this teacher (κ is "
                  "not reached); but who distilled the rest relearns it from few examples of its own."};
  table.rows.push_back({"undistilled base, after 64 own examples", Fixed(report.inputs.withheld_base, 2)});
  table.rows.push_back(
      {"distilled from a teacher that refuses it, after the same 64", Fixed(report.inputs.withheld_relearnt, 2)});
  table.rows.push_back({"distilled from a teacher that withholds nothing", Fixed(report.inputs.withheld_open, 2)});
  return table;
}

Table ProvenanceTable(const PolicyReport& report) {
  Table table{.title = "What can be told afterwards",
              .header = {"task", "test", "taught by nothing else, flagged", "worst disguise", "then flagged",
                         "untaught, flagged at most"},
              .text_columns = 2,
              .note =
                  "From provenance, measured here on small students. A test delays nobody: it says afterwards who may "
                  "have been taught, and so has no row above. Worst disguise: what the student's maker did that was "
                  "flagged least."};
  std::vector<std::pair<std::string, std::string>> seen;
  for (const ProvenanceRow& row : report.inputs.provenance) {
    const std::pair<std::string, std::string> key{row.task, row.test};
    if (std::ranges::find(seen, key) != seen.end()) continue;
    seen.push_back(key);
    const ProvenanceRow *plain = nullptr, *worst = nullptr, *untaught = nullptr;
    for (const ProvenanceRow& other : report.inputs.provenance) {
      if (other.task != row.task || other.test != row.test) continue;
      if (other.role == "taught" && other.attacker == "none" && other.percent == 100) plain = &other;
      const bool disguised = other.role == "taught" && other.attacker != "none";
      if (disguised && (worst == nullptr || other.rate.estimate < worst->rate.estimate)) worst = &other;
      if (other.role == "untaught" && (untaught == nullptr || other.rate.estimate > untaught->rate.estimate)) {
        untaught = &other;
      }
    }
    const auto rate = [](const ProvenanceRow* of) {
      return of == nullptr ? TableCell(kDash) : TableCell(PercentInterval(of->rate), "", of->rate.estimate);
    };
    table.rows.push_back({row.task, row.test, rate(plain),
                          worst == nullptr
                              ? TableCell(kDash)
                              : TableCell(fmt::format("{}, {:g} % of rows", worst->attacker, worst->percent)),
                          rate(worst), rate(untaught)});
  }
  return table;
}

Table GradeTable(const PolicyReport& report) {
  Table table{.title = "Grades of the cells",
              .header = {"countermeasure", "κ", "days and dollars", "short of", "honest people", "provider's dollars",
                         "evasion"},
              .text_columns = 7,
              .note =
                  "Each is the weakest grade of what the cell is made from: measured here, published, alleged, "
                  "assumed. A dash: nothing enters."};
  for (const Countermeasure& measure : report.model.measures()) {
    const CellGrades grades = GradesOf(report, measure);
    table.rows.push_back(
        {measure.name, grades.kappa, grades.delay, grades.short_of, grades.honest, grades.provider, grades.evasion});
  }
  return table;
}

Table TornadoTable(const PolicyReport& report) {
  Table table{
      .title = fmt::format("What \"{}\" adds, with each assumption alone at both ends of its range",
                           report.model.measures()[report.primary].name),
      .header = {"assumption", "what", "from", "to", "added days, from", "to", "added dollars, from", "to"},
      .text_columns = 2,
      .note = fmt::format("Adaptive distiller, chat haystack, {}. Widest first; those that move nothing are left "
                          "out.",
                          report.volumes.front().name)};
  for (const PolicySwing& swing : report.sensitivity.swings) {
    const auto days = [](double d) { return AddedDays({d, d, d}); };
    const auto dollars = [](double d) { return AddedMoney({d, d, d}); };
    table.rows.push_back({swing.entry, swing.help, Exact(swing.low), Exact(swing.high),
                          Sorted(days(swing.days_low), swing.days_low), Sorted(days(swing.days_high), swing.days_high),
                          Sorted(dollars(swing.dollars_low), swing.dollars_low),
                          Sorted(dollars(swing.dollars_high), swing.dollars_high)});
  }
  return table;
}

Table FlipTable(const PolicyReport& report) {
  Table table{.title = "Where conclusions turn",
              .header = {"conclusion", "as registered", "assumption", "registered", "turns at"},
              .text_columns = 3};
  for (const PolicyConclusion& conclusion : report.sensitivity.conclusions) {
    const std::string holds = conclusion.holds ? "holds" : "does not hold";
    bool any = false;
    for (const Flip& flip : report.sensitivity.flips) {
      if (flip.conclusion != conclusion.text) continue;
      any = true;
      table.rows.push_back({conclusion.text, holds, flip.entry, Exact(flip.value), fmt::format("{:.3g}", flip.at)});
    }
    if (!any) table.rows.push_back({conclusion.text, holds, "no single assumption within its range", kDash, kDash});
  }
  table.note =
      "One assumption alone; what two do together is in the draws only. What was taken over from results is held "
      "as it is.";
  return table;
}

Table FileTable(const PolicyReport& report) {
  Table table{.title = "Taken over from", .header = {"file", "what"}, .text_columns = 2, .sortable = false};
  for (const auto& [file, what] : report.inputs.files) table.rows.push_back({file, what});
  return table;
}

}  // namespace retort::provider
