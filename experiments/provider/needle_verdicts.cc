#include "experiments/provider/needle_verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "experiments/provider/needle_tables.h"

namespace retort::provider {
namespace {

struct Contrast {
  Interval hidden, loud, lead;
  const NeedleRow *hidden_row = nullptr, *loud_row = nullptr;
};

bool At(const NeedleReport& report, double requests, Contrast& contrast) {
  const std::string& haystack = MainHaystack(report).haystack.name;
  const Detector detector = MainDetector(report);
  contrast.hidden_row = report.result.Find(haystack, report.primary.strategy, requests, detector);
  contrast.loud_row = report.result.Find(haystack, report.primary.against, requests, detector);
  if (contrast.hidden_row == nullptr || contrast.loud_row == nullptr) return false;
  contrast.hidden = contrast.hidden_row->outcome.obtained;
  contrast.loud = contrast.loud_row->outcome.obtained;
  contrast.lead = Difference(contrast.hidden, contrast.loud);
  return true;
}

// Mean over the draws of what is needed; the ends are the widest of the intervals that belong to them.
void AddDraw(Interval& sum, const Interval& draw, double share, bool first) {
  sum.estimate += share * draw.estimate;
  sum.low = first ? draw.low : std::min(sum.low, draw.low);
  sum.high = first ? draw.high : std::max(sum.high, draw.high);
}

bool OverDraws(const NeedleReport& report, Contrast& contrast) {
  const std::vector<NeededRequests> draws = Drawn(*report.need, report.assumptions);
  Contrast sum;
  for (size_t i = 0; i < draws.size(); ++i) {
    Contrast at;
    if (!At(report, draws[i].requests, at)) return false;
    AddDraw(sum.hidden, at.hidden, draws[i].share, i == 0);
    AddDraw(sum.loud, at.loud, draws[i].share, i == 0);
    AddDraw(sum.lead, at.lead, draws[i].share, i == 0);
  }
  if (!At(report, Estimated(*report.need, report.assumptions).requests, contrast)) return false;
  contrast.hidden = sum.hidden;
  contrast.loud = sum.loud;
  contrast.lead = sum.lead;
  return true;
}

std::string Accounts(const NeedleRow& row) {
  if (row.campaign.accounts == 1) return "one account";
  return Count(static_cast<double>(row.campaign.accounts)) + " accounts";
}

std::string Needed(const NeededRequests& needed) { return Bounded(needed.bound, Requests(needed.requests)); }

std::string Points(const Interval& lead) {
  return Signed({100 * lead.estimate, 100 * lead.low, 100 * lead.high}, 0) + " points";
}

// "obtains 100 % [99, 100] of them through 16 000 accounts (capped) and 5 % [5, 8] through one account (one)"
std::string Obtains(const NeedleReport& report, const Contrast& contrast) {
  return fmt::format("{} through {} ({}) and {} through {} ({})", PercentInterval(contrast.hidden),
                     Accounts(*contrast.hidden_row), report.primary.strategy, PercentInterval(contrast.loud),
                     Accounts(*contrast.loud_row), report.primary.against);
}

std::string Flags(const NeedleReport& report) {
  const Interval& flagged = MainHaystack(report).honest_flagged[static_cast<size_t>(MainDetector(report))];
  return fmt::format("the {} detector flags {} honest accounts in {:g} days", report.primary.detector,
                     FlaggedPeople(flagged), report.assumptions.horizon_days.value);
}

const Mark* MarkOf(const NeedleReport& report, const std::string& entry) {
  const auto found = std::ranges::find(report.marks, EntryName(report.assumptions, entry), &Mark::name);
  return found == report.marks.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> Verdicts(const NeedleReport& report) {
  std::vector<std::string> verdicts;
  const std::string accounts = Requests(static_cast<double>(MainHaystack(report).haystack.accounts));
  Contrast contrast;
  if (report.need && OverDraws(report, contrast)) {
    const std::vector<NeededRequests> draws = Drawn(*report.need, report.assumptions);
    verdicts.push_back(fmt::format(
        "Under these assumptions, {}a distiller who needs the {} requests [{}, {}] that N90 of {} takes (measured "
        "here, "
        "on "
        "a small student) obtains, among {} accounts, {} of them before cut-off, a difference of {} over the draws of "
        "N90, while {}.",
        report.config.logged ? "and with texts as a gateway's log had them, " : "",
        Needed(Estimated(*report.need, report.assumptions)), Needed(draws.front()), Needed(draws.back()),
        report.need->task, accounts, Obtains(report, contrast), Points(contrast.lead), Flags(report)));
  }
  std::string marks;
  for (const std::string& entry : {report.primary.mark, report.primary.alleged}) {
    const Mark* mark = MarkOf(report, entry);
    if (mark == nullptr || !At(report, mark->requests, contrast)) continue;
    marks += fmt::format("{} {} requests ({}, {}): {}, a difference of {}", marks.empty() ? "" : ";",
                         Requests(mark->requests), mark->name, mark->grade, Obtains(report, contrast),
                         Points(contrast.lead));
  }
  if (marks.empty())
    return verdicts.empty() ? std::vector<std::string>{"The declared contrast was left out of this run."} : verdicts;
  verdicts.push_back(verdicts.empty()
                         ? fmt::format("No need was measured. Under these assumptions a distiller obtains, among {} "
                                       "accounts, before cut-off, of{}, while {}.",
                                       accounts, marks, Flags(report))
                         : fmt::format("Of volumes that are not measured here, the same distiller obtains before "
                                       "cut-off, of{}.",
                                       marks));
  return verdicts;
}

}  // namespace retort::provider
