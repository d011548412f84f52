#include "teacher/provider/campaigns.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "teacher/provider/review_queue.h"

namespace retort {
namespace {

constexpr double kAlone = 1e-6, kAllAlike = 1 - 1e-6;  // method: correlations that are as good as none, and as all

// By day: shares that have rung, and how much accounts of a template do so together.
struct Curve {
  std::vector<double> share, correlation;
};
struct CurveEnds {
  Curve estimate, low, high;
};

void AddDay(CurveEnds& ends, const Interval& share, double correlation) {
  ends.estimate.share.push_back(share.estimate);
  ends.low.share.push_back(share.low);
  ends.high.share.push_back(share.high);
  for (Curve* curve : {&ends.estimate, &ends.low, &ends.high}) curve->correlation.push_back(correlation);
}

// Correlation of two accounts of one template, from the mean squares between and within templates (Fisher 1925), and
// Wilson's interval at the number of accounts that are worth as much. Where all or none have rung the correlation is
// not known, and a template counts as one account.
CurveEnds AccountCurve(const TemplateDays& days, int64_t templates, int64_t each, bool certain) {
  CurveEnds ends;
  const auto t = static_cast<double>(templates), m = static_cast<double>(each), all = t * m;
  for (size_t d = 0; d < days.alarms.size(); ++d) {
    const double share = static_cast<double>(days.alarms[d]) / all;
    if (certain) {
      AddDay(ends, {share, share, share}, 0);
      continue;
    }
    const double squares = static_cast<double>(days.squares[d]) / (m * m);  // Σ of the templates' shares, squared
    double correlation = 0, trials = t;
    if (share > 0 && share < 1 && each > 1 && templates > 1) {
      const double between = m * (squares - t * share * share) / (t - 1);
      const double within = m * (share * t - squares) / (t * (m - 1));
      correlation = std::clamp((between - within) / (between + (m - 1) * within), 0.0, 1.0);
      trials = all / (1 + (m - 1) * correlation);
    }
    AddDay(ends, Wilson(share * trials, trials), correlation);
  }
  return ends;
}

CurveEnds GroupCurve(const std::vector<int64_t>& first, int64_t groups) {
  CurveEnds ends;
  double sum = 0;
  for (const int64_t today : first) {
    sum += static_cast<double>(today);
    AddDay(ends, Wilson(sum, static_cast<double>(groups)), 0);
  }
  return ends;
}

// E[(1 - P)^n] of a Beta with mean p and correlation ρ = 1 / (α + β + 1).
double Silent(double p, double correlation, double n) {
  if (p <= 0 || n <= 0) return 1;
  if (p >= 1) return 0;
  if (correlation < kAlone) return std::pow(1 - p, n);
  if (correlation > kAllAlike) return 1 - p;
  const double sum = 1 / correlation - 1, alpha = p * sum, beta = sum - alpha;
  return std::exp(std::lgamma(beta + n) + std::lgamma(sum) - std::lgamma(beta) - std::lgamma(sum + n));
}

struct Fate {
  double true_positive_rate, caught, obtained, first_alarm, first_end, group_ended;
};

struct Case {
  std::vector<double> sent;  // ShareByDay
  double unlinked, linked, templates;
  size_t review;  // days
  double capacity;
  std::vector<double> honest;  // alarms by day
};

std::vector<double> Increments(const std::vector<double>& cumulative) {
  std::vector<double> days;
  double before = 0;
  for (const double now : cumulative) {  // ends of intervals may fall
    days.push_back(std::max(0.0, now - before));
    before = std::max(before, now);
  }
  return days;
}

// Shares that have ended by each day; an end on the last day or later comes too late to count within the horizon.
std::vector<double> Ended(const std::vector<double>& rung, const ReviewQueue& queue, size_t review) {
  std::vector<double> ended(rung.size());
  for (size_t day = review; day < rung.size(); ++day) {
    for (size_t d = 0; d <= day - review; ++d) ended[day] += rung[d] * queue.Seen(d, day - review);
  }
  return ended;
}

// E[share sent]: accounts that end on a day have sent that day's requests.
double Obtained(const std::vector<double>& sent, const std::vector<double>& ended) {
  double sum = 0, before = 0;
  for (size_t day = 0; day < sent.size(); ++day) {
    sum += (ended[day] - before) * sent[day];
    before = ended[day];
  }
  return sum + (1 - before) * sent.back();
}

Fate FateOf(const Case& c, const Curve& account, const Curve& group) {
  const std::vector<double> account_rung = Increments(account.share), group_rung = Increments(group.share);
  std::vector<double> arrivals = c.honest;
  arrivals.resize(c.sent.size());
  for (size_t d = 0; d < arrivals.size(); ++d) {
    arrivals[d] += c.unlinked * account_rung[d] + (c.linked > 0 ? group_rung[d] : 0);
  }
  const ReviewQueue queue(arrivals, c.capacity);
  const std::vector<double> account_ended = Ended(account_rung, queue, c.review);
  const std::vector<double> group_ended = Ended(group_rung, queue, c.review);
  const double all = c.unlinked + c.linked, templates = std::min(c.templates, std::max(1.0, c.unlinked));
  const auto silent = [&](double accounts, double groups, size_t day) {
    const double one = Silent(accounts, account.correlation[day], c.unlinked / templates);
    return std::pow(one, templates) * (c.linked > 0 ? 1 - groups : 1);
  };
  constexpr double kNever = std::numeric_limits<double>::infinity(), kMedian = 0.5;  // method: the median
  Fate fate{.true_positive_rate = (c.unlinked * account_ended.back() + c.linked * group_ended.back()) / all,
            .caught = 0,
            .obtained = (c.unlinked * Obtained(c.sent, account_ended) + c.linked * Obtained(c.sent, group_ended)) / all,
            .first_alarm = kNever,
            .first_end = kNever,
            .group_ended = group_ended.back()};
  for (size_t day = c.sent.size(); day-- > 0;) {
    const double no_end = silent(account_ended[day], group_ended[day], day);
    if (day + 1 == c.sent.size()) fate.caught = 1 - no_end;
    if (no_end <= kMedian) fate.first_end = static_cast<double>(day + 1);
    if (silent(account.share[day], group.share[day], day) <= kMedian) fate.first_alarm = static_cast<double>(day + 1);
  }
  return fate;
}

}  // namespace

PerDetector<CampaignOutcome> Judge(const Campaign& campaign, const PlanAlarms& alarms,
                                   const PerDetector<std::vector<double>>& honest_reviews, double honest_sampled,
                                   const NeedleAssumptions& a) {
  PerDetector<CampaignOutcome> outcomes;
  const auto accounts = static_cast<double>(campaign.accounts);
  // A reseller's customers have nothing in common that the provider sees; a link needs two.
  double linked = campaign.plan.paid_by_others ? 0 : std::floor(accounts * a.attacker_linked.value);
  if (linked < 2) linked = 0;
  const double beside = a.link_dilution.value / (1 - a.link_dilution.value);  // honest members to a guilty one
  for (size_t i = 0; i < kDetectors; ++i) {
    const auto which = static_cast<Detector>(i);
    const CurveEnds account =
        AccountCurve(alarms.accounts[i], alarms.templates, alarms.accounts_each, which == Detector::kVolume);
    const CurveEnds group = GroupCurve(alarms.groups_first[i], alarms.groups);
    // Guilt by association is for the detectors that look at links; the others end the accounts that they alarm at.
    const bool by_links = which == Detector::kLinkedMmd || which == Detector::kFused;
    const double tied = by_links ? linked : 0;
    const Case c{.sent = ShareByDay(campaign),
                 .unlinked = accounts - tied,
                 .linked = tied,
                 .templates = std::max(1.0, std::round(a.campaign_templates.value)),
                 .review = static_cast<size_t>(std::lround(a.review_days.value)),
                 .capacity = a.review_capacity.value,
                 .honest = honest_reviews[i]};
    const Fate middle = FateOf(c, account.estimate, group.estimate);
    const Fate ends[] = {FateOf(c, account.low, group.low), FateOf(c, account.high, group.high)};
    // More alarms make a longer queue, so that either end may be the lower one.
    const auto interval = [&](double Fate::*of, double times = 1) {
      return Interval{times * middle.*of, times * std::min({middle.*of, ends[0].*of, ends[1].*of}),
                      times * std::max({middle.*of, ends[0].*of, ends[1].*of})};
    };
    const double share = tied / accounts;
    const PlacementSum &own = alarms.account_places[i], &member = alarms.member_places[i];
    const double auc = (1 - share) * own.Mean() + share * member.Mean();
    const double spread = (1 - share) * (1 - share) * own.Variance() + share * share * member.Variance() +
                          auc * (1 - auc) / std::max(1.0, honest_sampled);
    outcomes[i] = {.true_positive_rate = interval(&Fate::true_positive_rate),
                   .caught = interval(&Fate::caught),
                   .obtained = interval(&Fate::obtained),
                   .first_alarm_day = interval(&Fate::first_alarm),
                   .first_end_day = interval(&Fate::first_end),
                   .honest_ended = interval(&Fate::group_ended, tied * beside),
                   .auc = ShareInterval(auc, spread, honest_sampled)};
  }
  return outcomes;
}

}  // namespace retort
