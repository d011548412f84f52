// The numbers of needle as tidy CSV.
#include "experiments/lab/register_table.h"
#include "experiments/provider/needle_page.h"

namespace retort::provider {
namespace {

DataTable Rows(const NeedleReport& report) {
  DataTable table{
      .file = "summary.csv",
      .about = "One campaign under one detector in one haystack: the alternative of its strategy that obtains most.",
      .columns = {
          {"haystack", "text", "population that is searched", ""},
          {"n", "samples", "N that the requests are for: Q y / a", ""},
          {"requests", "requests", "Q: what the distiller needs, decoys not counted", ""},
          {"mark", "text", "what this volume is known from", "a point of the grid"},
          {"accounts", "accounts", "of the campaign", ""},
          {"strategy", "text", "of the distiller", ""},
          {"decoys", "decoys a request", "that look honest", ""},
          {"detector", "text", "of the provider", ""},
          {"true_positive_rate", "share", "of the campaign's accounts that are ended within the horizon", ""},
          {"true_positive_rate_low", "share", "lower end of its 95 % interval", ""},
          {"true_positive_rate_high", "share", "upper end of its 95 % interval", ""},
          {"false_positive_rate", "share", "of honest accounts that are flagged within the horizon", ""},
          {"false_positive_rate_low", "share", "lower end of its 95 % interval", ""},
          {"false_positive_rate_high", "share", "upper end of its 95 % interval", ""},
          {"honest_flagged", "accounts", "honest people flagged in the haystack", ""},
          {"honest_ended", "accounts", "honest, ended because they are linked to a guilty account", ""},
          {"honest_ended_low", "accounts", "lower end of its 95 % interval", ""},
          {"honest_ended_high", "accounts", "upper end of its 95 % interval", ""},
          {"auc", "probability", "that a guilty account scores above an honest one, ties counted half", ""},
          {"auc_low", "probability", "lower end of its 95 % interval", ""},
          {"auc_high", "probability", "upper end of its 95 % interval", ""},
          {"precision", "share", "guilty among the accounts that are flagged or ended", ""},
          {"precision_low", "share", "from the lower end of found and the upper of flagged", ""},
          {"precision_high", "share", "from the upper end of found and the lower of flagged", ""},
          {"caught", "probability", "that one guilty account at least is ended within the horizon", ""},
          {"caught_low", "probability", "lower end of its 95 % interval", ""},
          {"caught_high", "probability", "upper end of its 95 % interval", ""},
          {"first_alarm_day", "day", "median day of the first true alarm", "not within the horizon"},
          {"first_alarm_day_low", "day", "lower end of its 95 % interval", "not within the horizon"},
          {"first_alarm_day_high", "day", "upper end of its 95 % interval", "not within the horizon"},
          {"first_end_day", "day", "median day on which the first guilty account ends", "not within the horizon"},
          {"first_end_day_low", "day", "lower end of its 95 % interval", "not within the horizon"},
          {"first_end_day_high", "day", "upper end of its 95 % interval", "not within the horizon"},
          {"obtained", "share", "of Q that was sent before cut-off", ""},
          {"obtained_low", "share", "lower end of its 95 % interval", ""},
          {"obtained_high", "share", "upper end of its 95 % interval", ""},
          {"dollars", "US dollars", "of the whole campaign, were it never cut off", ""}}};
  const double each = report.assumptions.accepted_share.value / report.assumptions.attempts_per_sample.value;
  for (const HaystackResult& haystack : report.result.haystacks) {
    for (const NeedleRow& row : haystack.rows) {
      const auto at = static_cast<size_t>(row.detector);
      const CampaignOutcome& o = row.outcome;
      const Interval& fpr = haystack.false_positive_rate[at];
      table.rows.push_back({haystack.haystack.name,
                            row.campaign.requests * each,
                            row.campaign.requests,
                            MarksAt(report.marks, row.campaign.requests),
                            row.campaign.accounts,
                            row.campaign.strategy,
                            row.campaign.decoys,
                            kDetectorNames[at],
                            o.true_positive_rate.estimate,
                            o.true_positive_rate.low,
                            o.true_positive_rate.high,
                            fpr.estimate,
                            fpr.low,
                            fpr.high,
                            haystack.honest_flagged[at].estimate,
                            o.honest_ended.estimate,
                            o.honest_ended.low,
                            o.honest_ended.high,
                            o.auc.estimate,
                            o.auc.low,
                            o.auc.high,
                            row.precision.estimate,
                            row.precision.low,
                            row.precision.high,
                            o.caught.estimate,
                            o.caught.low,
                            o.caught.high,
                            o.first_alarm_day.estimate,
                            o.first_alarm_day.low,
                            o.first_alarm_day.high,
                            o.first_end_day.estimate,
                            o.first_end_day.low,
                            o.first_end_day.high,
                            o.obtained.estimate,
                            o.obtained.low,
                            o.obtained.high,
                            row.campaign.dollars});
    }
  }
  return table;
}

DataTable Haystacks(const NeedleReport& report) {
  DataTable table{.file = "haystacks.csv",
                  .about = "What one detector does to the honest accounts of one haystack in a month.",
                  .columns = {{"haystack", "text", "population", ""},
                              {"accounts", "accounts", "in it", ""},
                              {"requests", "requests", "that they sent", ""},
                              {"detector", "text", "of the provider", ""},
                              {"tail_accounts", "accounts", "of largest volume, all expanded", ""},
                              {"control_accounts", "accounts", "of the uniform control sample, without the tail", ""},
                              {"tail_alarms", "accounts", "flagged among the tail", ""},
                              {"control_alarms", "accounts", "flagged among the control sample", ""},
                              {"evaluator_alarms", "accounts", "evaluators flagged among the expanded", ""},
                              {"honest_flagged", "accounts", "in the whole haystack", ""},
                              {"honest_flagged_low", "accounts", "lower end of its 95 % interval", ""},
                              {"honest_flagged_high", "accounts", "upper end of its 95 % interval", ""},
                              {"honest_reviews", "reviews", "that the honest ask for; a group is one", ""},
                              {"threshold", "requests for volume, else a score", "that raises an alarm", ""}}};
  for (const HaystackResult& h : report.result.haystacks) {
    for (size_t i = 0; i < kDetectors; ++i) {
      table.rows.push_back({h.haystack.name, h.counts.accounts, h.counts.requests, kDetectorNames[i], h.counts.tail,
                            h.counts.control, h.counts.tail_alarms[i], h.counts.control_alarms[i],
                            h.counts.evaluator_alarms[i], h.honest_flagged[i].estimate, h.honest_flagged[i].low,
                            h.honest_flagged[i].high, h.honest_reviews[i], h.thresholds[i]});
    }
  }
  return table;
}

DataTable Swings(const NeedleReport& report) {
  DataTable table{.file = "sensitivity.csv",
                  .about = "One assumption alone at one end of its range, or as registered.",
                  .columns = {{"assumption", "text", "entry of the register", "as registered"},
                              {"value", "see assumptions.csv", "tried", "as registered"},
                              {"obtained_strategy", "share", "of Q before cut-off by the hidden strategy", ""},
                              {"obtained_strategy_low", "share", "lower end of its 95 % interval", ""},
                              {"obtained_strategy_high", "share", "upper end of its 95 % interval", ""},
                              {"obtained_against", "share", "of Q before cut-off by the loud strategy", ""},
                              {"obtained_against_low", "share", "lower end of its 95 % interval", ""},
                              {"obtained_against_high", "share", "upper end of its 95 % interval", ""},
                              {"strategy_turns_at", "see assumptions.csv", "crosses one half", "it does not"},
                              {"against_turns_at", "see assumptions.csv", "crosses one half", "it does not"}}};
  if (!report.sensitivity) return table;
  const auto add = [&](std::string_view name, const DataField& value, const Obtained& o,
                       const std::optional<double>& hides, const std::optional<double>& stopped) {
    table.rows.push_back({name, value, o.hidden.estimate, o.hidden.low, o.hidden.high, o.loud.estimate, o.loud.low,
                          o.loud.high, hides, stopped});
  };
  add("", {}, report.sensitivity->as_registered, {}, {});
  for (const Swing& swing : report.sensitivity->swings) {
    add(swing.name, swing.low, swing.at_low, swing.hides_until, swing.stopped_until);
    add(swing.name, swing.high, swing.at_high, swing.hides_until, swing.stopped_until);
  }
  return table;
}

}  // namespace

std::vector<DataTable> NeedleData(const NeedleReport& report) {
  return {Rows(report), Haystacks(report), lab::RegisterData(Entries(report.assumptions)), Swings(report)};
}

}  // namespace retort::provider
