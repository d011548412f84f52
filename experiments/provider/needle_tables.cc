#include "experiments/provider/needle_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "teacher/provider/base_rates.h"

namespace retort::provider {
namespace {

constexpr double kMillion = 1e6;
constexpr double kShownSwing = 0.02;  // of what is obtained: less is not shown

TableCell Share(const Interval& share) { return {PercentInterval(share), "", share.estimate}; }

std::string Small(double share) {
  if (share >= 0.1) return Percent(share);
  return share >= 0.001 ? fmt::format("{:.2g} %", 100 * share) : share > 0 ? fmt::format("{:.1e}", share) : "0";
}

// With its interval, where there is one.
std::string Small(const Interval& share) {
  if (share.low == share.high) return Small(share.estimate);
  return fmt::format("{} [{}, {}]", Small(share.estimate), Small(share.low), Small(share.high));
}

const std::vector<std::string> kCampaignHeader = {"distiller",
                                                  "accounts",
                                                  "decoys a request",
                                                  "obtained before cut-off",
                                                  "accounts ended",
                                                  "first true alarm, day",
                                                  "first account ended, day",
                                                  "AUC",
                                                  "honest members ended",
                                                  "precision",
                                                  "dollars"};

std::vector<TableCell> CampaignCells(const NeedleRow& row, const NeedleReport& report) {
  return {TableCell(Count(static_cast<double>(row.campaign.accounts)), "", static_cast<double>(row.campaign.accounts)),
          row.campaign.decoys > 0 ? Fixed(row.campaign.decoys, 1) : "0",
          Share(row.outcome.obtained),
          Share(row.outcome.true_positive_rate),
          DayBetween(row.outcome.first_alarm_day, report),
          DayBetween(row.outcome.first_end_day, report),
          {WithInterval(row.outcome.auc, 2), "", row.outcome.auc.estimate},
          {FlaggedPeople(row.outcome.honest_ended), "", row.outcome.honest_ended.estimate},
          {Small(row.precision), "", row.precision.estimate},
          {Dollars(row.campaign.dollars), "", row.campaign.dollars}};
}

}  // namespace

std::string FlaggedPeople(const Interval& people) {
  const bool millions = people.estimate >= kMillion;
  const auto number = [&](double x, bool unit) {
    if (!millions && x < kMillion) return Count(std::round(x));
    return fmt::format("{:.3g}{}", x / kMillion, unit ? " million" : "");
  };
  std::string text = number(people.estimate, true);
  if (people.low != people.high) {
    text += fmt::format(" [{}, {}]", number(people.low, !millions), number(people.high, !millions));
  }
  return text;
}

std::string Requests(double requests) {
  if (requests >= 1e6) return fmt::format("{:.4g} million", requests / 1e6);
  return Count(requests);
}

std::string Day(double day, const NeedleReport& report) {
  return std::isfinite(day) ? fmt::format("{:.0f}", day)
                            : fmt::format("> {:.0f}", report.assumptions.horizon_days.value);
}

std::string DayBetween(const Interval& day, const NeedleReport& report) {
  if (day.low == day.high) return Day(day.estimate, report);
  return fmt::format("{} [{}, {}]", Day(day.estimate, report), Day(day.low, report), Day(day.high, report));
}

const HaystackResult& MainHaystack(const NeedleReport& report) {
  for (const HaystackResult& haystack : report.result.haystacks) {
    if (haystack.haystack.name == report.primary.haystack) return haystack;
  }
  return report.result.haystacks.front();
}

Detector MainDetector(const NeedleReport& report) {
  const auto found = std::ranges::find(kDetectorNames, report.primary.detector);
  return static_cast<Detector>(found - kDetectorNames.begin());
}

std::string EntryName(const NeedleAssumptions& assumptions, const std::string& entry) {
  for (const NamedAssumption& named : Entries(assumptions)) {
    if (named.name == entry) return std::string(named.help);
  }
  return "";
}

double PrimaryRequests(const NeedleReport& report) {
  const auto found = std::ranges::find(report.marks, EntryName(report.assumptions, report.primary.mark), &Mark::name);
  return found != report.marks.end() ? found->requests : report.marks.front().requests;
}

Table CampaignTable(const NeedleReport& report, double requests, const std::string& title) {
  const HaystackResult& haystack = MainHaystack(report);
  const Detector detector = MainDetector(report);
  Table table{.title = title, .header = kCampaignHeader};
  for (const Strategy& strategy : kStrategies) {
    const NeedleRow* row = report.result.Find(haystack.haystack.name, strategy.name, requests, detector);
    if (row == nullptr) continue;
    std::vector<TableCell> cells = {strategy.name};
    for (TableCell& cell : CampaignCells(*row, report)) cells.push_back(std::move(cell));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Table DetectorTable(const NeedleReport& report, double requests, const std::string& strategy,
                    const std::string& title) {
  Table table{.title = title, .header = {"haystack", "detector"}, .text_columns = 2};
  table.header.insert(table.header.end(), {"accounts", "obtained before cut-off", "accounts ended",
                                           "first true alarm, day", "first account ended, day", "AUC",
                                           "honest members ended", "honest people flagged", "precision"});
  for (const HaystackResult& haystack : report.result.haystacks) {
    for (size_t i = 0; i < kDetectors; ++i) {
      const NeedleRow* row = report.result.Find(haystack.haystack.name, strategy, requests, static_cast<Detector>(i));
      if (row == nullptr) continue;
      table.rows.push_back({haystack.haystack.name,
                            kDetectorNames[i],
                            Count(static_cast<double>(row->campaign.accounts)),
                            Share(row->outcome.obtained),
                            Share(row->outcome.true_positive_rate),
                            DayBetween(row->outcome.first_alarm_day, report),
                            DayBetween(row->outcome.first_end_day, report),
                            {WithInterval(row->outcome.auc, 2), "", row->outcome.auc.estimate},
                            {FlaggedPeople(row->outcome.honest_ended), "", row->outcome.honest_ended.estimate},
                            {FlaggedPeople(haystack.honest_flagged[i]), "", haystack.honest_flagged[i].estimate},
                            {Small(row->precision), "", row->precision.estimate}});
    }
  }
  return table;
}

Table HonestTable(const NeedleReport& report) {
  const double alarms = report.assumptions.review_capacity.value * report.assumptions.horizon_days.value;
  Table table{
      .title = "Honest accounts flagged in a month",
      .header = {"haystack", "detector", "accounts", "alarms that can be reviewed", "reviews asked for",
                 "honest people flagged", "false positive rate", "flagged in tail", "flagged in control",
                 "control accounts"},
      .text_columns = 2,
      .note =
          "Thresholds were set on an earlier month, so that reviews asked for and reviewable agree but for "
          "chance, and for tails beyond the sample of accounts whose texts were read; volume knows the totals of "
          "all. An alarm for a linked group is one review, and flags all its members."};
  if (report.config.logged) {
    table.note += fmt::format(
        " Accounts that write as one account of the log ring together, so that intervals have the {} of them as "
        "clusters: no alarm among so many leaves 1 % and more of all accounts possible.",
        report.config.logged->later.honest());
  }
  for (const HaystackResult& h : report.result.haystacks) {
    for (size_t i = 0; i < kDetectors; ++i) {
      table.rows.push_back({h.haystack.name,
                            kDetectorNames[i],
                            Requests(static_cast<double>(h.counts.accounts)),
                            Count(alarms),
                            Count(std::round(h.honest_reviews[i])),
                            {FlaggedPeople(h.honest_flagged[i]), "", h.honest_flagged[i].estimate},
                            Small(h.false_positive_rate[i].estimate),
                            Count(static_cast<double>(h.counts.tail_alarms[i])),
                            Count(static_cast<double>(h.counts.control_alarms[i])),
                            Count(static_cast<double>(h.counts.control))});
    }
  }
  return table;
}

Table ControlTable(const NeedleReport& report) {
  const double loud = report.assumptions.alleged_13m.value;
  Table table =
      DetectorTable(report, loud, "one", fmt::format("Control: {} requests through one account", Requests(loud)));
  table.note =
      "The positive control: volume and fused must end a campaign as loud as this; what is obtained beside is what the "
      "daily limit of an account lets through until then. prada, mmd and linked_mmd look at texts and links alone.";
  return table;
}

Table MarkTable(const NeedleReport& report) {
  const HaystackResult& haystack = MainHaystack(report);
  const Detector detector = MainDetector(report);
  Table table{.title = fmt::format("Volumes measured here, published and alleged ({} haystack, {} detector)",
                                   haystack.haystack.name, kDetectorNames[static_cast<size_t>(detector)]),
              .header = {"volume", "grade", "N", "requests", "share of all messages"},
              .text_columns = 2};
  for (const std::string& strategy : report.config.strategies) table.header.push_back("obtained, " + strategy);
  for (const Mark& mark : report.marks) {
    std::vector<TableCell> row = {mark.name,
                                  mark.grade,
                                  Bounded(mark.bound, Requests(mark.samples)),
                                  {Bounded(mark.bound, Requests(mark.requests)), "", mark.requests},
                                  fmt::format("{:.2e}", mark.requests / static_cast<double>(haystack.counts.requests))};
    for (const std::string& strategy : report.config.strategies) {
      const NeedleRow* found = report.result.Find(haystack.haystack.name, strategy, mark.requests, detector);
      row.push_back(found != nullptr ? Share(found->outcome.obtained) : TableCell(kDash));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table SensitivityTable(const NeedleReport& report) {
  const Sensitivity& s = *report.sensitivity;
  const std::string &hidden = report.primary.strategy, &loud = report.primary.against;
  Table table{.title = "Each assumption alone, at both ends of its range",
              .header = {"assumption", "grade", "value", "from", "to", hidden + " obtains, from", "to",
                         loud + " obtains, from", "to", hidden + " less than half at", loud + " half or more at"},
              .text_columns = 2};
  if (!s.as_registered.Hides()) table.header[9] = hidden + " half or more at";
  if (!s.as_registered.IsStopped()) table.header[10] = loud + " less than half at";
  const auto percent = [](const Interval& share) { return TableCell(Percent(share.estimate), "", share.estimate); };
  const auto turn = [](const std::optional<double>& at) {
    return at ? TableCell(fmt::format("{:.2g}", *at), "", *at) : TableCell(kDash);
  };
  std::string still;
  for (const Swing& swing : s.swings) {
    const Assumption& entry = EntryOf(report.assumptions, swing.name);
    if (swing.Width() < kShownSwing && !swing.hides_until && !swing.stopped_until) {
      still += (still.empty() ? "" : ", ") + std::string(swing.name);
      continue;
    }
    table.rows.push_back({swing.name, entry.grade, Exact(entry.value), Exact(swing.low), Exact(swing.high),
                          percent(swing.at_low.hidden), percent(swing.at_high.hidden), percent(swing.at_low.loud),
                          percent(swing.at_high.loud), turn(swing.hides_until), turn(swing.stopped_until)});
  }
  table.note = fmt::format(
      "At {} requests in a {} haystack of {} accounts with the same share of reviews, where {} obtains {} and {} {} "
      "with "
      "every value as registered. The last columns are where a conclusion turns, to about a thirtieth of the way to "
      "the "
      "end. Moved by less than {:.0f} points: {}. Cannot enter (prices, marks, other haystacks and spreads): {}.",
      Requests(PrimaryRequests(report)), report.primary.haystack, Count(s.accounts), hidden,
      PercentInterval(s.as_registered.hidden), loud, PercentInterval(s.as_registered.loud), 100 * kShownSwing,
      still.empty() ? "none" : still, fmt::join(s.idle, ", "));
  return table;
}

Table WriterTable(const LoggedMonths& logged) {
  Table table{.title = "Whose texts they are",
              .header = {"kind", "earlier month, learnt from", "later month, tried on"},
              .note = fmt::format("Accounts of the log, of distillers campaigns; {} and {} requests.",
                                  Count(static_cast<double>(logged.earlier.requests())),
                                  Count(static_cast<double>(logged.later.requests())))};
  for (size_t k = 0; k < kTextKinds; ++k) {
    const auto kind = static_cast<TextKind>(k);
    table.rows.push_back({kTextKindNames[k], Count(static_cast<double>(logged.earlier.of(kind).size())),
                          Count(static_cast<double>(logged.later.of(kind).size()))});
  }
  return table;
}

Table TextTable(const NeedleReport& report) {
  const std::string& haystack = MainHaystack(report).haystack.name;
  const double requests = PrimaryRequests(report);
  Table table{.title = "AUC of the detectors that read texts",
              .header = {"strategy", "log: accounts", "log: prada", "log: mmd", "log: cluster", haystack + ": prada",
                         haystack + ": mmd", haystack + ": linked_mmd"},
              .note = fmt::format(
                  "Log: a strategy's accounts against the honest ones of the gateway's own later month, by "
                  "build/detect; "
                  "split and burst send what capped sends. {0}: in this haystack, at {1} requests, where an account "
                  "may send too "
                  "few for a window. 0.5 is a toss-up; below it distillers look less strange than honest people. "
                  "cluster compares how often a template is used; it is not among the haystack's detectors.",
                  haystack, Requests(requests))};
  const auto in_log = [&](std::string_view strategy, std::string_view detector) -> const LoggedDetection* {
    for (const LoggedDetection& found : report.detection) {
      if (found.strategy == strategy && found.detector == detector) return &found;
    }
    return nullptr;
  };
  for (const std::string& strategy : report.config.strategies) {
    const LoggedDetection* any = in_log(strategy, "volume");
    std::vector<TableCell> row = {strategy, any == nullptr ? TableCell(kDash) : TableCell(Count(any->accounts))};
    for (const char* detector : {"prada", "mmd", "cluster"}) {
      const LoggedDetection* found = in_log(strategy, detector);
      const bool scored = found != nullptr && std::isfinite(found->auc);
      row.push_back(scored ? TableCell(Fixed(found->auc, 2), "", found->auc) : TableCell(kDash));
    }
    for (const Detector detector : {Detector::kPrada, Detector::kMmd, Detector::kLinkedMmd}) {
      const NeedleRow* found = report.result.Find(haystack, strategy, requests, detector);
      row.push_back(found == nullptr ? TableCell(kDash)
                                     : TableCell(WithInterval(found->outcome.auc, 2), "", found->outcome.auc.estimate));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table BaseRateTable(const NeedleReport& report) {
  Table table{.title = "Base rates", .header = {"what", "value"}, .sortable = false};
  for (const BaseRate& rate : BaseRates(report.assumptions)) table.rows.push_back({rate.what, rate.value});
  return table;
}

}  // namespace retort::provider
