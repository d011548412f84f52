// What the pages of know_your_customer and address_blocking say.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/report/format.h"
#include "experiments/provider/needle_tables.h"
#include "experiments/provider/rounds_report.h"
#include "experiments/provider/rounds_tables.h"
#include "experiments/provider/rounds_words.h"
#include "experiments/provider/volumes.h"

namespace retort::provider {
namespace {

constexpr size_t kNoBlocks = 1;  // of address_blocking's ladder
constexpr double kDelay = 0.05;  // days: less is none

bool IsIdentity(const RoundsReport& report) { return report.kind == RoundsKind::kIdentity; }

enum class Shown { kDays, kDollars };

PageFigure VolumeFigure(const RoundsReport& report, Shown shown, Among among) {
  const bool days = shown == Shown::kDays;
  const RoundsWorld& world = report.study.world;
  Plot plot{.title = fmt::format("{} until a campaign is completed, by policy; {}", days ? "Days" : "Dollars spent",
                                 AmongWords(among)),
            .x = VolumeAxis(),
            .y = {.label = days ? "days" : "dollars", .log_base = 10, .format = "10^{%L}"},
            .vertical = MarksOn(report.marks, report.volumes.front().name)};
  if (days) {
    plot.y.low = 0.001;
    plot.y.high = 1000;
    plot.across.push_back({.at = world.horizon_days, .label = "horizon", .strong = false});
  }
  for (size_t p = 0; p < report.study.policies.size(); ++p) {
    PlotCurve curve{.name = report.study.policies[p].name, .style = p % kPlotColours};
    for (size_t n = 0; n < report.study.needs.size(); ++n) {
      const Response* best = report.study.At(p, n).Of(among, world);
      if (best == nullptr || !best->outcome.completed || report.study.needs[n] < 10) continue;
      curve.points.push_back({report.study.needs[n], days ? best->outcome.days : best->outcome.dollars});
    }
    plot.curves.push_back(std::move(curve));
  }
  plot.description = "Curves over the number of requests, one for each policy; the numbers are in the tables.";
  return {.caption = fmt::format("{}: {}. A curve ends where the campaign is not completed within the horizon.",
                                 days ? "Days" : "Dollars", AmongWords(among)),
          .file_stem = fmt::format("{}-{}", days ? "days" : "dollars", among == Among::kPaid ? "paid" : "all"),
          .views = {{.label = "requests", .plot = std::move(plot)}}};
}

PageFigure BreakEvenFigure(const RoundsReport& report, Among among) {
  const BreakEvens& found = Of(report.break_evens, among);
  const RoundsWorld& world = report.study.world;
  Plot plot{
      .title = "Break-even price by volume and policy",
      .description = "Curves over the number of requests, one for each policy; the numbers are in the table.",
      .x = VolumeAxis(),
      .y = {.label = IsIdentity(report) ? "dollars an account" : "dollars a GB", .log_base = 10, .format = "10^{%L}"}};
  for (size_t p = 0; p < found.names.size(); ++p) {
    PlotCurve curve{.name = found.names[p], .style = p % kPlotColours};
    for (size_t n = 0; n < found.needs.size(); ++n) {
      const double price = found.prices[p][n];
      if (price > 0 && std::isfinite(price)) curve.points.push_back({found.needs[n], price});
    }
    plot.curves.push_back(std::move(curve));
  }
  if (!IsIdentity(report)) plot.y.low = 1;  // so that the registered price is on it
  if (IsIdentity(report)) {
    for (size_t t = 0; t < kTierCount; ++t) {
      plot.across.push_back({.at = world.tiers[t].price / world.tiers[t].pass,
                             .label = fmt::format("registered: {}", kTierNames[t]),
                             .strong = false});
    }
  } else {
    plot.across.push_back({.at = world.classes[kResidential].traffic / world.gigabytes,
                           .label = "registered: residential",
                           .strong = false});
  }
  return {
      .caption = fmt::format("Below its curve the distiller's own accounts are the cheapest use, above it something "
                             "else is: {}.",
                             AmongWords(among)),
      .file_stem = among == Among::kPaid ? "break-even-paid" : "break-even-here",
      .views = {{.label = "requests", .plot = std::move(plot)}}};
}

std::string PolicyWords(const RoundsReport& report) {
  const ProviderPolicy& policy = report.study.policies[report.policy];
  if (IsIdentity(report)) {
    return fmt::format("asking everybody for the tier {}{}", kTierNames[policy.tier],
                       policy.resellers_vouch ? " and resellers to vouch for their customers" : "");
  }
  if (policy.people_a_thousand <= 0) return policy.name;
  return fmt::format("blocking addresses, with up to {} honest people hit for a thousand confirmed requests",
                     People(policy.people_a_thousand));
}

// "is delayed (+1.2 [+0.5, +20] days) and its spending changes by +$30 [+$20, +$400]". An interval with both, delays
// and none, bears neither.
std::string Is(const PolicyEffect& effect) {
  if (std::isinf(effect.days.estimate)) {
    return fmt::format("does not complete within the horizon (nor in {} of draws)", Percent(effect.not_completed));
  }
  const Interval& days = effect.added_days;
  const char* said = days.low >= kDelay   ? "is delayed"
                     : days.high < kDelay ? "is not delayed"
                                          : "may or may not be delayed";
  return fmt::format("{} ({} days) and its spending changes by {}", said, AddedDays(effect.added_days),
                     AddedMoney(effect.added_dollars));
}

// "the cheapest use is a reseller (31 % of draws; stolen key 45 %)"
std::string Cheapest(const RoundsReport& report, const VolumeEffects& volume, Among among) {
  const PolicyEffect& effect = Of(volume.effects, among)[report.policy];
  const RoundsCell* cell = report.study.Find(report.policy, volume.needed.requests);
  const Response* best = cell == nullptr ? nullptr : cell->Of(among, report.study.world);
  if (best == nullptr) return "there is no route";
  const size_t registered = best->offer.route;
  const auto most = static_cast<size_t>(std::ranges::max_element(effect.chosen) - effect.chosen.begin());
  std::string text = fmt::format("the cheapest route is \"{}\" ({} of draws", kRoutes[registered].name,
                                 Percent(effect.chosen[registered]));
  if (most != registered) text += fmt::format("; \"{}\" {}", kRoutes[most].name, Percent(effect.chosen[most]));
  return text + ")";
}

std::vector<std::string> RoundsVerdicts(const RoundsReport& report) {
  std::vector<std::string> verdicts;
  const auto effect = [&](const VolumeEffects& volume, Among among) -> const PolicyEffect& {
    return Of(volume.effects, among)[report.policy];
  };
  std::string volumes;
  for (const VolumeEffects& volume : report.volumes) {
    const PolicyEffect& paid = effect(volume, Among::kPaid);
    if (volume.grade != "measured here") {
      volumes += fmt::format("{} {} requests ({}, {}) {}", volumes.empty() ? "" : "; one who needs",
                             Requests(volume.needed.requests), volume.name, volume.grade, Is(paid));
      continue;
    }
    verdicts.push_back(fmt::format(
        "Under these assumptions, with a provider {}, a distiller who needs the {} requests [{}, {}] that {} "
        "takes "
        "(measured here, on a small student) {}, by the cheapest of {}, while {} honest people are turned away.",
        PolicyWords(report), Bounded(volume.needed.bound, Requests(volume.needed.requests)),
        Bounded(volume.low.bound, Requests(volume.low.requests)),
        Bounded(volume.high.bound, Requests(volume.high.requests)), volume.name, Is(paid), AmongWords(Among::kPaid),
        PeopleBetween(paid.turned_away)));
  }
  const VolumeEffects& published = report.volumes[report.volumes.size() - 2];
  const VolumeEffects& alleged = report.volumes.back();
  verdicts.push_back(fmt::format(
      "Of volumes that are not measured here, under these assumptions and by the same routes, a distiller who needs{}. "
      "Honest people turned away: {}, and {}.",
      volumes, PeopleBetween(effect(published, Among::kPaid).turned_away),
      PeopleBetween(effect(alleged, Among::kPaid).turned_away)));
  if (!IsIdentity(report)) {
    const PolicyEffect& detectors = Of(published.effects, Among::kPaid)[kNoBlocks];
    verdicts.back() += fmt::format(" With detectors and no block at all, the first of these {}.", Is(detectors));
  }
  verdicts.push_back(
      fmt::format("Counting every route, at {} requests: through this provider {}, and the distiller {}; with other "
                  "teachers {}, and "
                  "it {}. Requests to open weights reach no provider.",
                  Requests(published.needed.requests), Cheapest(report, published, Among::kHere),
                  Is(effect(published, Among::kHere)), Cheapest(report, published, Among::kAll),
                  Is(effect(published, Among::kAll))));
  return verdicts;
}

std::vector<PageSection> Sections(const RoundsReport& report) {
  std::vector<PageSection> sections;
  PageSection answer{
      .id = "answer",
      .title = "Delay, dollars, and honest people",
      .paragraphs = {fmt::format(
          "A provider and a distiller, round by round ({:g} days a round, {:g} days in all). The policy is known to "
          "the "
          "distiller, who takes its best response: every route, tier, pace and number of accounts, and every order of "
          "address classes is tried. It minimises dollars, with a day of delay beyond the first {:g} at {}.",
          report.study.world.round_days, report.study.world.horizon_days, report.study.world.patience,
          Money(report.study.world.day_value))},
      .figures = {VolumeFigure(report, Shown::kDays, Among::kPaid),
                  VolumeFigure(report, Shown::kDollars, Among::kPaid)},
      .figure_note =
          "Vertical lines are volumes measured here, published or alleged, with their grade; of those that lie close "
          "together one is drawn."};
  for (const VolumeEffects& volume : report.volumes) answer.tables.push_back(EffectTable(report, volume, Among::kPaid));
  sections.push_back(std::move(answer));
  const VolumeEffects& published = report.volumes[report.volumes.size() - 2];
  PageSection routes{
      .id = "routes",
      .title = "The ways round it",
      .figures = {VolumeFigure(report, Shown::kDays, Among::kAll), VolumeFigure(report, Shown::kDollars, Among::kAll)},
      .tables = {RouteTable(report, published), EffectTable(report, published, Among::kHere),
                 EffectTable(report, published, Among::kAll), CheapestTable(report, Among::kPaid),
                 CheapestTable(report, Among::kAll)}};
  for (const Route& route : kRoutes) routes.points.push_back(fmt::format("{}: {}.", route.name, route.what));
  sections.push_back(std::move(routes));
  sections.push_back({.id = "break-even",
                      .title = "Break-even",
                      .figures = {BreakEvenFigure(report, Among::kPaid), BreakEvenFigure(report, Among::kHere)},
                      .tables = {BreakEvenTable(report, Among::kPaid), BreakEvenTable(report, Among::kHere),
                                 BreakEvenTable(report, Among::kAll)}});
  PageSection people{.id = "people", .title = "What the tiers and classes are", .tables = {TierTable(report)}};
  if (!IsIdentity(report)) {
    people.title = "Where honest people come from, and who is hit";
    people.tables = {AddressTable(report)};
    for (const VolumeEffects& volume : report.volumes) people.tables.push_back(PeopleTable(report, volume));
  }
  sections.push_back(std::move(people));
  return sections;
}

std::vector<std::pair<std::string, std::string>> Glossary(const RoundsReport& report) {
  std::vector<std::pair<std::string, std::string>> words = {
      {"Q", "requests that a distiller needs: N90 times attempts a sample, over the share accepted"},
      {"N90", "samples that close nine tenths of the gap between student and teacher"},
      {"policy",
       IsIdentity(report)
           ? "the tier of identity that everybody is asked for; from \"e-mail\" on, detectors end accounts too; "
             "\"nothing\" asks for an e-mail address and ends nothing"
           : "how many honest people the provider is ready to block for a thousand requests that are confirmed "
             "as a distiller's; all but \"nothing\" end accounts that detectors find"},
      {"not completed", fmt::format("within {:g} days; nothing is said of later", report.study.world.horizon_days)},
      {"best response", "the plan of least dollars, delay priced, that completes; else the one that obtains most"},
      {"draws",
       "from what the registers hold plausible: a Latin hypercube, each entry triangular with its peak at the "
       "registered value, by its logarithm where the range is wide"}};
  return words;
}

}  // namespace

PageContent RoundsPage(const RoundsReport& report) {
  PageContent page{.title = IsIdentity(report) ? "Know your customer" : "Blocking addresses",
                   .claim = IsIdentity(report) ? "A provider that knows its customers keeps distillers out."
                                               : "A provider that blocks addresses keeps distillers out.",
                   .verdicts = RoundsVerdicts(report),
                   .sections = Sections(report)};
  // NOLINTBEGIN(bugprone-suspicious-missing-comma): sentences of several lines
  page.caveats = {
      "Everything here is reckoned, nothing observed: no account was opened, no address hidden. Almost every number "
      "of the registers is assumed; the brackets say how far the answer moves with them, not how likely that is. "
      "Another assumption can turn a result round: try it (kyc.<name>.value=..., address.<name>.value=...).",
      "All of it is in expectation: no single campaign has an average number of accounts found.",
      "The distiller knows the policy and all prices, and makes no mistakes; the provider's lags and shares are as "
      "registered. A real distiller is slower, and a real provider sees more (payments, devices).",
      "A distiller uses one class of addresses at a time. Blocks last for good, and honest people do not come back by "
      "another class; nobody is asked what losing the service means to them.",
      "Keys of others are no less somebody's loss for being cheap: the model counts them because providers report "
      "them.",
      "policy_table has other brackets for the same rows: it leaves attempts and accepted share as registered, which "
      "are drawn here, and takes more draws.",
      "What detectors find is taken over from needle's synthetic accounts.",
      "An N90 measured here is a small model's on a small task; it is not a frontier model's.",
      "Volumes of 2026 are what one party to a dispute alleges; nothing here checks them.",
      "Policy and marks of the verdict were declared before the first run. Set after it: keys of others come at two a "
      "day "
      "instead of ten, channels arrive over a round instead of at its start, and delay counts from the second day, "
      "since "
      "minutes had been priced.",
      "Other teachers are taken to be as good but for more samples (kyc.rival_need, kyc.open_need); whether one has "
      "the "
      "capability that is wanted is left out."};
  // NOLINTEND(bugprone-suspicious-missing-comma)
  if (!report.what_ifs.empty()) {
    page.caveats.insert(page.caveats.begin(),
                        fmt::format("What if: this run changed the registers ({}).", fmt::join(report.what_ifs, ", ")));
  }
  page.grades = {
      report.volumes.size() > 2 ? "Measured here: " + report.volumes.front().name + ", read from a few_samples summary."
                                : "Measured here: nothing (no few_samples summary was given).",
      "Published: prices of phone verifications, of an image of a document, of straw buyers, of residential traffic, "
      "of "
      "tokens; people behind a shared mobile address; sizes of training sets. Partly read in reports.",
      "Alleged: volumes of the campaigns of 2026.",
      "Assumed: everything else. Every day, dollar and person on this page is derived from assumed numbers, and is no "
      "better than they are."};
  page.glossary = Glossary(report);
  page.last_sections = {{.id = "register",
                         .title = "What was assumed",
                         .paragraphs = {"Every constant of the model, from configs/assumptions."},
                         .tables = {RoundsRegisterTable(report)}}};
  return page;
}

std::string RoundsText(const RoundsReport& report) {
  std::string text;
  for (const VolumeEffects& volume : report.volumes) text += ToText(EffectTable(report, volume, Among::kPaid)) + "\n";
  return text + ToText(RouteTable(report, report.volumes[report.volumes.size() - 2]));
}

}  // namespace retort::provider
