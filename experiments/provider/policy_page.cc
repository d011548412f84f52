// What policy_table's page says.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "experiments/lab/register_table.h"
#include "experiments/provider/needle_tables.h"
#include "experiments/provider/policy_report.h"
#include "experiments/provider/policy_tables.h"
#include "experiments/provider/rounds_words.h"

namespace retort::provider {
namespace {

constexpr size_t kShownSwings = 12;
constexpr char kDollarAxis[] = "added dollars";

const PolicyRow& RowOf(const PolicyReport& report, const PolicyVolume& volume, size_t measure, Adversary adversary) {
  return volume.rows[report.model.Index(measure, adversary, 0)];
}

std::string Volume(const PolicyVolume& volume) {
  return fmt::format("{} requests ({}, {})", Bounded(volume.bound, Requests(volume.requests)), volume.name,
                     volume.grade);
}

std::vector<std::string> PolicyVerdicts(const PolicyReport& report) {
  const PolicyVolume& mark = report.volumes.front();
  const std::vector<Countermeasure>& measures = report.model.measures();
  std::vector<std::string> below, from, above;
  for (size_t m = 1; m < measures.size(); ++m) {
    const PolicyRow& row = RowOf(report, mark, m, Adversary::kAdaptive);
    const Bound bound = DelayBound(row, measures[m], Adversary::kAdaptive);
    const std::string delay =
        std::isfinite(row.added_days.estimate)
            ? fmt::format("{} {} days", measures[m].name, Bounded(bound, AddedDays(row.added_days)))
            : fmt::format("{} (not completed)", measures[m].name);
    const bool shorter = row.added_days.estimate < report.config.delay_days;
    (!shorter ? above : bound == Bound::kExact || bound == Bound::kAtMost ? below : from).push_back(delay);
  }
  std::vector<std::string> verdicts;
  verdicts.push_back(
      fmt::format("Under these assumptions, against an adaptive distiller who needs {}, {} of {} countermeasures delay "
                  "by less than {:g} days: {}.",
                  Volume(mark), below.size(), measures.size() - 1, report.config.delay_days, fmt::join(below, "; ")));
  if (!from.empty()) {
    verdicts.back() += fmt::format(" Of {} the least delay alone is known, since students did not come so far: {}.",
                                   from.size(), fmt::join(from, "; "));
  }
  if (!above.empty()) {
    verdicts.back() += fmt::format(" The others: {}.", fmt::join(above, "; "));
  }
  const PolicyRow& primary = RowOf(report, mark, report.primary, Adversary::kAdaptive);
  verdicts.push_back(fmt::format(
      "\"{}\", the row declared beforehand, adds {} days and {}, leaves {} of draws short of N90, and affects {} "
      "honest "
      "people at {} for the provider; open weights cost less than any route through this provider in {} of draws.",
      measures[report.primary].name, AddedDays(primary.added_days), AddedMoney(primary.added_dollars),
      Percent(primary.short_of_n90), PeopleBetween(primary.honest),
      primary.provider_dollars ? MoneyBetween(*primary.provider_dollars) : std::string(kDash),
      Percent(primary.open_cheaper)));
  if (report.volumes.size() > 1) {
    const PolicyVolume& small = report.volumes[1];
    double most = 0;
    std::string by;
    for (size_t m = 1; m < measures.size(); ++m) {
      const PolicyRow& row = RowOf(report, small, m, Adversary::kAdaptive);
      if (!std::isfinite(row.added_days.estimate) || row.added_days.estimate <= most) continue;
      most = row.added_days.estimate;
      by = fmt::format("; the longest delay is {} days, by \"{}\"", Days(most), measures[m].name);
    }
    verdicts.push_back(
        fmt::format("A small student's need, {}, passes them all within {} but what is withheld altogether{}.",
                    Volume(small), "the horizon", by));
  }
  return verdicts;
}

enum class Shown { kDays, kDollars };

// Lines from low to high, one below the other; what is not finite is left out.
// At most five, since the names of the rows leave the axis little room: "0", "100k".
std::vector<std::pair<double, std::string>> FewTicks(const std::vector<PlotPoint>& points) {
  if (points.empty()) return {};
  const double low = std::ranges::min(points, {}, &PlotPoint::low).low;
  const double high = std::ranges::max(points, {}, &PlotPoint::high).high;
  const double least = std::max((high - low) / 4, 1.0), power = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double times : {5, 2, 1}) {
    if (times * power >= least) step = times * power;
  }
  std::vector<std::pair<double, std::string>> ticks;
  for (double i = std::ceil(low / step); i * step <= high; ++i) {
    const double at = i * step + 0.0;  // no "-0"
    const bool thousands = std::abs(at) >= 1e3, millions = std::abs(at) >= 1e6;
    ticks.emplace_back(at, fmt::format("{:g}{}",
                                       at / (millions    ? 1e6
                                             : thousands ? 1e3
                                                         : 1),
                                       millions    ? "M"
                                       : thousands ? "k"
                                                   : ""));
  }
  return ticks;
}

class Lines {
 public:
  Lines(std::string title, std::string x) {
    plot_.title = std::move(title);
    plot_.description = "One line for each row, from its low to its high end; the numbers are in the table.";
    plot_.x.label = std::move(x);
  }
  void Add(const std::string& name, const Interval& of) {
    if (!std::isfinite(of.estimate) || !std::isfinite(of.low) || !std::isfinite(of.high)) return;
    names_.push_back(name);
    curve_.points.push_back({of.estimate, 0, std::min(of.low, of.high), std::max(of.low, of.high)});
  }
  void Mark(double at) {
    if (std::isfinite(at)) plot_.vertical.push_back({.at = at, .label = {}, .strong = false});
  }
  PageFigure Figure(std::string caption, std::string stem) {
    const auto rows = static_cast<double>(names_.size());
    for (size_t i = 0; i < names_.size(); ++i) {
      curve_.points[i].y = rows - static_cast<double>(i);
      plot_.y.ticks.emplace_back(curve_.points[i].y, names_[i]);
    }
    if (std::ranges::any_of(names_, [](const std::string& n) { return n.find('\n') != std::string::npos; })) {
      plot_.height = std::max(plot_.height, 80 + 46 * static_cast<int>(names_.size()));
    }
    plot_.y.low = 0.5;
    plot_.y.high = rows + 0.5;
    plot_.x.ticks = FewTicks(curve_.points);
    curve_.kind = PlotCurve::Kind::kAcross;
    plot_.curves.push_back(curve_);
    return {.caption = std::move(caption),
            .file_stem = std::move(stem),
            .views = {{.label = plot_.x.label, .plot = plot_}},
            .missing = "nothing moves it"};
  }

 private:
  Plot plot_;
  PlotCurve curve_;
  std::vector<std::string> names_;
};

// What is too long for one line before an axis.
std::string InTwoLines(std::string words) {
  constexpr size_t kLine = 34;
  if (words.size() <= kLine) return words;
  size_t best = std::string::npos;
  for (size_t at = words.find(' '); at != std::string::npos; at = words.find(' ', at + 1)) {
    const auto longest = [&](size_t place) { return std::max(place, words.size() - place); };
    if (best == std::string::npos || longest(at) < longest(best)) best = at;
  }
  if (best != std::string::npos) words[best] = '\n';
  return words;
}

PageFigure Tornado(const PolicyReport& report, Shown shown) {
  const bool days = shown == Shown::kDays;
  const PolicyRow& row = RowOf(report, report.volumes.front(), report.primary, Adversary::kAdaptive);
  const double middle = days ? row.added_days.estimate : row.added_dollars.estimate;
  Lines lines(fmt::format("{} that \"{}\" adds, by assumption", days ? "Days" : "Dollars",
                          report.model.measures()[report.primary].name),
              days ? "added days" : kDollarAxis);
  std::vector<PolicySwing> swings = report.sensitivity.swings;
  std::erase_if(
      swings, [&](const PolicySwing& s) { return days ? s.days_low == s.days_high : s.dollars_low == s.dollars_high; });
  std::ranges::stable_sort(swings, std::ranges::greater{}, [&](const PolicySwing& s) {
    return days ? std::abs(s.days_high - s.days_low) : std::abs(s.dollars_high - s.dollars_low);
  });
  swings.resize(std::min(swings.size(), kShownSwings));
  for (const PolicySwing& s : swings) {
    lines.Add(InTwoLines(s.help),
              days ? Interval{middle, s.days_low, s.days_high} : Interval{middle, s.dollars_low, s.dollars_high});
  }
  lines.Mark(middle);
  return lines.Figure(fmt::format("{}: the {} assumptions that move it most. Dashed: as registered.",
                                  days ? "Added days" : "Added dollars", swings.size()),
                      days ? "tornado-days" : "tornado-dollars");
}

PageFigure Added(const PolicyReport& report, Shown shown) {
  const bool days = shown == Shown::kDays;
  Lines lines(fmt::format("{} that each countermeasure adds for an adaptive distiller", days ? "Days" : "Dollars"),
              days ? "added days" : kDollarAxis);
  const std::vector<Countermeasure>& measures = report.model.measures();
  for (size_t m = 1; m < measures.size(); ++m) {
    const PolicyRow& row = RowOf(report, report.volumes.front(), m, Adversary::kAdaptive);
    const bool least = DelayBound(row, measures[m], Adversary::kAdaptive) == Bound::kAtLeast;
    lines.Add(measures[m].name + (least ? ", at least" : ""), days ? row.added_days : row.added_dollars);
  }
  return lines.Figure(fmt::format("{}, {}; what is not completed is left out.", days ? "Added days" : "Added dollars",
                                  Volume(report.volumes.front())),
                      days ? "added-days" : "added-dollars");
}

// Whether what is reckoned here agrees with the shipped pages of the two simulators.
std::string Agreement(const PolicyReport& report) {
  constexpr double kAgree = 1e-6;
  size_t alike = 0;
  std::vector<std::string> unlike;
  const PolicyVolume& mark = report.volumes.front();
  for (size_t m = 0; m < report.model.measures().size(); ++m) {
    const Countermeasure& measure = report.model.measures()[m];
    const bool blocks = measure.kind == CountermeasureKind::kBlocks;
    if (!blocks && measure.kind != CountermeasureKind::kChecks && m != 0) continue;
    const std::string experiment = blocks ? "address_blocking" : "know_your_customer";
    const PolicyCell& cell = RowOf(report, mark, m, Adversary::kAdaptive).registered;
    for (const ShippedRow& row : report.inputs.shipped) {
      if (row.experiment != experiment || row.volume != mark.name || row.policy != measure.policy.name) continue;
      const bool same = std::abs(row.dollars - cell.dollars) <= kAgree * cell.dollars || row.dollars == cell.dollars;
      if (same) ++alike;
      if (!same) unlike.push_back(row.policy);
    }
  }
  if (!unlike.empty()) {
    return fmt::format(
        "Dollars differ from those of the shipped pages of know_your_customer and address_blocking for: {}. The "
        "registers, or Q, "
        "are not those that they were made with.",
        fmt::join(unlike, ", "));
  }
  return fmt::format(
      "Dollars are those of the shipped pages of know_your_customer and address_blocking, in the {} rows that both "
      "have.",
      alike);
}

std::vector<std::pair<std::string, std::string>> PolicyGlossary(const PolicyReport& report) {
  const double horizon = report.registers.provider.kyc.horizon_days.value;
  return {
      {"naive", "goes on with the plan that is best without the countermeasure, and with as many samples"},
      {"adaptive",
       "knows the countermeasure and takes its best response, among the routes through this provider that "
       "it pays for"},
      {"best evasion", "the cheapest of all routes, keys of others and other teachers included"},
      {"N50, N90",
       "samples that close half, or nine tenths, of the gap in score between a student before training and its "
       "teacher"},
      {"κ", "N90 under the countermeasure over N90 without"},
      {"short of N90", fmt::format("that nine tenths of the gap are not reached within {:g} days; of detectors also "
                                   "that needle saw less than 95 % obtained before cut-off",
                                   horizon)},
      {"horizon", fmt::format("{:g} days; nothing is said of later", horizon)},
      {"haystack", "chat: accounts of a chat service; debate: at the time of the debate; api: developers' accounts"},
      {"Q", "requests that a distiller needs: N90 times attempts a sample, over the share accepted"}};
}

}  // namespace

PageContent PolicyPage(const PolicyReport& report) {
  PageContent page{.title = "What each countermeasure is worth",
                   .claim = "Providers, or limits on computing power, can keep others from distilling a model.",
                   .verdicts = PolicyVerdicts(report)};
  const PolicyVolume& mark = report.volumes.front();
  page.sections.push_back({.id = "table",
                           .title = "Countermeasures",
                           .figures = {Added(report, Shown::kDays), Added(report, Shown::kDollars)},
                           .tables = {PolicyTable(report, mark, Adversary::kAdaptive, 0),
                                      PolicyTable(report, mark, Adversary::kNaive, 0)}});
  PageSection more{.id = "more", .title = "Other haystacks, and the small student's need"};
  more.tables.push_back(PolicyTable(report, mark, {}, {}));
  if (report.volumes.size() > 1) more.tables.push_back(PolicyTable(report, report.volumes[1], {}, 0));
  page.sections.push_back(std::move(more));
  page.sections.push_back(
      {.id = "parts",
       .title = "What the rows are made from",
       .paragraphs = {Agreement(report)},
       .tables = {KappaTable(report), WithheldTable(report), ComputeTable(report), GradeTable(report)}});
  if (!report.inputs.provenance.empty()) page.sections.back().tables.push_back(ProvenanceTable(report));
  page.sections.push_back({.id = "sensitivity",
                           .title = "What the conclusions stand on",
                           .figures = {Tornado(report, Shown::kDays), Tornado(report, Shown::kDollars)},
                           .tables = {FlipTable(report), TornadoTable(report)}});
  // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
  page.caveats = {
      "Almost every dollar, day and person here is derived from assumed numbers. Brackets say how far an answer moves "
      "over what the registers hold plausible, not how likely that is. Try another value: "
      "build/policy_table kyc.phone_price=5.",
      "κ is measured on small students. A small model's N90 is not a frontier model's, and neither need its κ be.",
      "Countermeasures are tried one at a time; a provider may combine them, and a distiller its routes.",
      "What honest people lose differs: turned away, flagged for review, or without a feature. The column counts "
      "heads.",
      "Detectors are those of needle, on synthetic accounts, over 30 days; the rest reckons with a year.",
      "Probabilities are shown to developers only; the row about a task of chance is about what they reveal, that "
      "about "
      "rules about a teacher whose text says all.",
      "The published volume was a need for text. The rows about probabilities multiply it as if it had been met with "
      "probabilities; a distiller who had none loses nothing.",
      "What is withheld is not to be had from this teacher by any route; the row says nothing of other teachers, nor "
      "of "
      "how soon it is relearnt.",
      "Volumes of 2026 are what one party to a dispute alleges.",
      "What the table was before it stood: row, mark and delay of the verdict were declared before the first run; that "
      "attempts and accepted share are not drawn was set after it, as brackets had been about Q rather than about "
      "countermeasures."};
  // NOLINTEND(bugprone-suspicious-missing-comma)
  if (report.inputs.provenance.empty()) {
    page.caveats.emplace_back("Provenance and watermarks are not on this page: there is no such result in the folder.");
  }
  if (!report.what_ifs.empty()) {
    page.caveats.insert(page.caveats.begin(),
                        fmt::format("What if: this run changed the registers ({}).", fmt::join(report.what_ifs, ", ")));
  }
  page.grades = {
      "Measured here: κ, N50 and N90, FLOPs of small students, scores on what is withheld: read from results.",
      "Published: sizes of training sets, prices of tokens, phone numbers, papers and traffic, in part read in "
      "reports.",
      "Alleged: volumes of 2026, where a mark asks for them.",
      "Assumed: everything else. The table of grades says of each cell what its weakest input is."};
  page.glossary = PolicyGlossary(report);
  PolicyRegisters copy = report.registers;
  std::vector<RegisterEntry> storage;
  Table registers = lab::RegisterTable(PolicyEntries(copy, storage));
  registers.note = "Value of each entry: <name>=... on the command line tries another.";
  page.last_sections = {{.id = "register",
                         .title = "What was assumed, and what was taken over",
                         .tables = {FileTable(report), std::move(registers)}}};
  return page;
}

std::string PolicyText(const PolicyReport& report) {
  return ToText(PolicyTable(report, report.volumes.front(), Adversary::kAdaptive, 0)) + "\n" +
         ToText(PolicyTable(report, report.volumes.front(), Adversary::kNaive, 0));
}

}  // namespace retort::provider
