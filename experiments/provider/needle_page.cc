#include "experiments/provider/needle_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "experiments/lab/register_table.h"
#include "experiments/provider/needle_tables.h"
#include "experiments/provider/needle_verdicts.h"
#include "experiments/provider/volumes.h"

namespace retort::provider {
namespace {

const Strategy& StrategyOf(std::string_view name) { return *std::ranges::find(kStrategies, name, &Strategy::name); }

enum class Shown { kObtained, kEnded };

std::vector<PlotMark> Vertical(const NeedleReport& report) {
  return MarksOn(report.marks, report.need ? "N90 of " + report.need->task : "");
}

PlotCurve Curve(const HaystackResult& haystack, std::string_view strategy, Detector detector, Shown shown) {
  PlotCurve curve;
  for (const NeedleRow& row : haystack.rows) {
    if (row.campaign.strategy != strategy || row.detector != detector || row.campaign.requests < 10) continue;
    const Interval& y = shown == Shown::kObtained ? row.outcome.obtained : row.outcome.true_positive_rate;
    curve.points.push_back({row.campaign.requests, 100 * y.estimate, 100 * y.low, 100 * y.high});
  }
  return curve;
}

PageFigure StrategyFigure(const NeedleReport& report, const HaystackResult& haystack) {
  const Detector detector = MainDetector(report);
  Plot plot{.title = fmt::format("Share of the needed requests obtained before cut-off, {} haystack, {} detector",
                                 haystack.haystack.name, kDetectorNames[static_cast<size_t>(detector)]),
            .x = VolumeAxis(),
            .y = {.label = "obtained before cut-off, %", .low = 0, .high = 105},
            .vertical = Vertical(report)};
  for (const std::string& strategy : report.config.strategies) {
    plot.curves.push_back(Curve(haystack, strategy, detector, Shown::kObtained));
    plot.curves.back().name = strategy;
    plot.curves.back().style = plot.curves.size() - 1;
  }
  plot.description = "Curves over the number of requests, one for each strategy; the numbers are in the tables.";
  return {.caption = fmt::format("{} ({} accounts): what each strategy obtains before cut-off, under the {} detector.",
                                 haystack.haystack.name, Requests(static_cast<double>(haystack.counts.accounts)),
                                 kDetectorNames[static_cast<size_t>(detector)]),
          .file_stem = "obtained-" + haystack.haystack.name,
          .views = {{.label = "requests", .plot = std::move(plot)}}};
}

PageFigure DetectorFigure(const NeedleReport& report, const HaystackResult& haystack, const std::string& strategy) {
  Plot plot{.title = fmt::format("Share of a campaign's accounts that are ended, strategy {}", strategy),
            .x = VolumeAxis(),
            .y = {.label = "accounts ended within the horizon, %", .low = 0, .high = 105},
            .vertical = Vertical(report)};
  for (size_t i = 0; i < kDetectors; ++i) {
    plot.curves.push_back(Curve(haystack, strategy, static_cast<Detector>(i), Shown::kEnded));
    plot.curves.back().name = kDetectorNames[i];
    plot.curves.back().style = i;
  }
  plot.description = "Curves over the number of requests, one for each detector; the numbers are in the tables.";
  return {.caption = fmt::format("{}: share of a campaign's accounts that each detector ends; {}.",
                                 haystack.haystack.name, StrategyOf(strategy).what),
          .file_stem = "ended-" + haystack.haystack.name,
          .views = {{.label = "requests", .plot = std::move(plot)}}};
}

std::string AssumedTextEntries(const NeedleReport& report) {
  std::vector<std::string_view> names;
  for (const NamedAssumption& entry : Entries(report.assumptions)) {
    if (IsOfAssumedTexts(entry.name)) names.push_back(entry.name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> Points() {
  std::vector<std::string> points;
  for (const Strategy& strategy : kStrategies)
    points.push_back(fmt::format("{}: through {}.", strategy.name, strategy.what));
  return points;
}

PageSection Answer(const NeedleReport& report) {
  const HaystackResult& haystack = MainHaystack(report);
  PageSection section{.id = "answer", .title = "What a distiller obtains, and who is flagged"};
  section.paragraphs.emplace_back(
      "Each strategy is a best response: where it leaves a choice (pace, decoys, how much a reseller carries), the "
      "distiller takes what obtains most under the detector, which is known, and then what is cheaper.");
  section.figures.push_back(StrategyFigure(report, haystack));
  section.figures.push_back(DetectorFigure(report, haystack, "split"));
  section.figure_note =
      "Vertical lines are volumes measured here, published or alleged, with their grade; of those that lie close "
      "together one is drawn, and the table has them all. Whiskers are 95 % intervals of the simulation.";
  const double primary = PrimaryRequests(report);
  if (report.need) {
    const NeededRequests needed = Estimated(*report.need, report.assumptions);
    section.tables.push_back(
        CampaignTable(report, needed.requests,
                      fmt::format("{} requests, measured here as N90 of {}: {} haystack, {} detector",
                                  Bounded(needed.bound, Requests(needed.requests)), report.need->task,
                                  haystack.haystack.name, report.primary.detector)));
  }
  section.tables.push_back(CampaignTable(report, primary,
                                         fmt::format("{} requests, {} haystack, {} detector", Requests(primary),
                                                     haystack.haystack.name, report.primary.detector)));
  section.tables.push_back(MarkTable(report));
  section.tables.push_back(DetectorTable(report, report.assumptions.alleged_16m.value, "split",
                                         fmt::format("{} requests over {} accounts, as alleged in February 2026",
                                                     Requests(report.assumptions.alleged_16m.value),
                                                     Count(report.assumptions.alleged_16m_accounts.value))));
  section.points = Points();
  return section;
}

PageSection Texts(const NeedleReport& report) {
  const LoggedMonths& logged = *report.config.logged;
  return {
      .id = "texts",
      .title = "What the texts alone give away",
      .paragraphs =
          {"Requests look as they did in a gateway's log (scripts/gateway_traffic.py): a described mix of honest "
           "people, and real collections, whose prompts were also sent by each strategy. Every account here writes as "
           "one account of that log did, in runs of its requests; decoys and a reseller's own customers are honest "
           "accounts of it. Detectors learn from the earlier month and are tried on other people's texts.",
           fmt::format("There are only {} kinds of honest texts to learn from. A threshold for {} reviews a day among "
                       "{} accounts lies beyond all of them: it is extrapolated, and text detectors ring seldom. The "
                       "table therefore shows what needs no threshold.",
                       logged.earlier.honest(), Count(report.assumptions.review_capacity.value),
                       Requests(static_cast<double>(MainHaystack(report).haystack.accounts)))},
      .tables = {TextTable(report), WriterTable(logged)}};
}

std::vector<PageSection> Sections(const NeedleReport& report) {
  std::vector<PageSection> sections;
  sections.push_back(
      {.id = "base-rates",
       .title = "Before any detector",
       .paragraphs = {"How thin the needle is, and what a false positive rate means in such a haystack."},
       .tables = {BaseRateTable(report)}});
  sections.push_back(Answer(report));
  if (report.config.logged) sections.push_back(Texts(report));
  PageSection others{.id = "haystacks", .title = "Other haystacks"};
  for (const HaystackResult& haystack : report.result.haystacks) {
    if (&haystack != &MainHaystack(report)) others.figures.push_back(StrategyFigure(report, haystack));
  }
  if (!others.figures.empty()) sections.push_back(std::move(others));
  sections.push_back(
      {.id = "controls",
       .title = "Honest people, and the controls",
       .paragraphs = {fmt::format(
           "Detectors were calibrated on honest accounts of an earlier month and then run over this one: {} accounts "
           "with the largest volume and a uniform sample of {} others were expanded to days and requests. Nobody here "
           "distils, so every alarm is false. Where a sample of n shows no alarm, the rate may still be 3/n.",
           Count(static_cast<double>(MainHaystack(report).counts.tail)),
           Count(static_cast<double>(MainHaystack(report).counts.control)))},
       .tables = {HonestTable(report), ControlTable(report)}});
  if (report.sensitivity) {
    sections.push_back(
        {.id = "sensitivity",
         .title = "What the conclusions stand on",
         .paragraphs = {fmt::format(
             "Two conclusions are tried: that {} obtains at least half of the need before cut-off, and that {} obtains "
             "less than half. Each assumption is moved alone to both ends of what the register holds plausible; what "
             "two "
             "do together is not tried.",
             report.primary.strategy, report.primary.against)},
         .tables = {SensitivityTable(report)}});
  }
  return sections;
}

std::vector<std::pair<std::string, std::string>> Glossary(const NeedleReport& report) {
  std::vector<std::string> haystacks;
  for (const HaystackResult& h : report.result.haystacks) {
    haystacks.push_back(fmt::format("{} {}", h.haystack.name, Requests(static_cast<double>(h.haystack.accounts))));
  }
  const double days = report.assumptions.horizon_days.value;
  return {
      {"haystack", fmt::format("the accounts of a provider in {:g} days: {} (debate: the chat service at the time "
                               "of the debate; api: developers' accounts)",
                               days, fmt::join(haystacks, ", "))},
      {"Q", "requests that a distiller needs: N90 times attempts a sample, over the share accepted"},
      {"N90", "samples that close nine tenths of the gap between student and teacher"},
      {"volume", "detector: requests of an account to date"},
      {"prada", "detector: distances between an account's requests are too far from normal"},
      {"mmd", "detector: an account's latest requests differ from what honest people send"},
      {"linked_mmd", "detector: the same for requests pooled over linked accounts"},
      {"fused",
       "detector: the rarest of three among honest accounts, with a third of the reviews each: volume alone; "
       "volume, prada and mmd of the account together; linked_mmd of its group"},
      {"review", fmt::format("a look of a person at an alarm; {} a day, true and false ones in the order in which "
                             "they came; an account ends {:g} day(s) after its review begins",
                             Count(report.assumptions.review_capacity.value), report.assumptions.review_days.value)},
      {"false positive rate",
       "honest accounts that are flagged all the same, as a share of all honest ones; each such flag is a false alarm"},
      {"precision", "guilty accounts among all that are flagged or ended"},
      {"honest members ended",
       "honest accounts that lose theirs because they share an address, a payment or a template with a guilty one "
       "that is ended"},
      {"AUC",
       "chance that a guilty account's highest score in the month lies above an honest account's, ties counted "
       "half: 0.5 is a toss-up, 1 a perfect order; thresholds do not enter"},
      {"accounts ended", fmt::format("share of the campaign's accounts that are cut off within {:g} days: the true "
                                     "positive rate",
                                     days)}};
}

}  // namespace

void Describe(Describer& d, PrimaryContrast& c) {
  d.Field("haystack", c.haystack, {.help = "of the verdict", .choices = {"chat", "debate", "api"}});
  d.Field("detector", c.detector,
          {.help = "of the verdict", .choices = {kDetectorNames.begin(), kDetectorNames.end()}});
  d.Field(
      "strategy", c.strategy,
      {.help = "whose share obtained is compared", .choices = {std::begin(kStrategyNames), std::end(kStrategyNames)}});
  d.Field("against", c.against,
          {.help = "with this one's", .choices = {std::begin(kStrategyNames), std::end(kStrategyNames)}});
  d.Field("task", c.task, {.help = "whose N90 in the few_samples summary is the need, drawn from its bootstrap"});
  d.Field("mark", c.mark,
          {.help = "entry of the register whose size stands beside it, and at which assumptions are moved",
           .choices = {"published_limo", "published_s1k", "published_sky_t1", "published_r1_distill"}});
  d.Field("alleged", c.alleged,
          {.help = "entry of the register whose volume stands beside it",
           .choices = {"alleged_150k", "alleged_3m4", "alleged_13m", "alleged_16m", "alleged_28m8"}});
}

Probe ProbeOf(const PrimaryContrast& primary, const NeedleAssumptions& assumptions) {
  return {
      .haystack = primary.haystack,
      .detector = static_cast<Detector>(std::ranges::find(kDetectorNames, primary.detector) - kDetectorNames.begin()),
      .hidden = primary.strategy,
      .loud = primary.against,
      .samples = EntryOf(assumptions, primary.mark).value};
}

PageContent NeedlePage(const NeedleReport& report) {
  PageContent page{.title = "A needle in the haystack",
                   .claim = "One distiller hides among hundreds of millions of users.",
                   .verdicts = Verdicts(report),
                   .sections = Sections(report)};
  // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
  const std::string what_texts =
      report.config.logged
          ? "All accounts are synthetic but for their texts. Those are of one gateway, which sells a small teacher of "
            "digit folds to a mix of honest people that was described, not observed: with another mix distillers may "
            "stand out more, or less. Volumes, days, links and what a provider can link are assumed."
          : "All accounts are synthetic. How far apart honest and distilling texts lie, how people spread over volumes "
            "and links, and what a provider can link are assumed (texts=measured takes the texts of a gateway's log).";
  page.caveats = {
      what_texts + " Another assumption can turn a result round: try it (assumptions.<name>.value=...).",
      "Intervals speak of the simulated sample of accounts, not of the assumptions.",
      "linked_mmd and fused end a whole group for one of its accounts, and honest members with it (honest members "
      "ended). The other detectors end only the accounts that they alarm at.",
      "Each detector is reckoned with as if it had all reviewers to itself. The queue of alarms is empty on the first "
      "day, and is worked off first come, first served; reviewers make no mistakes.",
      "Detectors are compared as they are, and flag different numbers of honest people: read each beside those.",
      "The detectors are five simple ones. A provider may know more (devices, payments, conversations), and a "
      "distiller "
      "may too.",
      "An N90 measured here is a small model's on a small task; it is not a frontier model's.",
      "Volumes of 2026 are what one party to a dispute alleges; nothing here checks them.",
      "Obtained before cut-off is about one month at one provider: other providers, open weights and later months are "
      "left out."};
  // NOLINTEND(bugprone-suspicious-missing-comma)
  if (!report.what_ifs.empty()) {
    page.caveats.insert(page.caveats.begin(),
                        fmt::format("What if: this run changed the register ({}).", fmt::join(report.what_ifs, ", ")));
  }
  std::string measured;
  for (const Mark& mark : report.marks) {
    if (mark.grade == "measured here") measured += (measured.empty() ? "" : ", ") + mark.name;
  }
  const std::string texts = report.config.logged ? "the texts of requests, from a gateway's log" : "";
  if (!measured.empty()) measured += ", read from a few_samples summary";
  if (!texts.empty()) measured = texts + (measured.empty() ? "" : "; " + measured);
  page.grades = {"Measured here: " + (measured.empty() ? "nothing (no few_samples summary was given)" : measured) + ".",
                 "Published: messages of the chat service, sizes of training sets, prices. Its weekly users were "
                 "published too; that "
                 "they are the accounts of a month is assumed.",
                 "Alleged: volumes and accounts of the campaigns of 2026.",
                 "Assumed: everything else in the register. Every share, rate and day on this page is derived from "
                 "assumed numbers, and is no better than they are."};
  page.glossary = Glossary(report);
  page.last_sections = {
      {.id = "register",
       .title = "What was assumed",
       .paragraphs = {report.config.logged ? "Every constant of the model, from configs/assumptions. Texts are "
                                             "measured, so that nothing here has a use for " +
                                                 AssumedTextEntries(report) + "."
                                           : "Every constant of the model, from configs/assumptions."},
       .tables = {lab::RegisterTable(Entries(report.assumptions))}}};
  return page;
}

std::string NeedleText(const NeedleReport& report) {
  const double primary = PrimaryRequests(report);
  return ToText(BaseRateTable(report)) + "\n" +
         ToText(CampaignTable(report, primary, fmt::format("{} requests", Requests(primary)))) + "\n" +
         ToText(HonestTable(report));
}

}  // namespace retort::provider
