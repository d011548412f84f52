#include "experiments/provider/requests_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <functional>
#include <set>
#include <utility>

#include "core/report/format.h"

namespace retort::provider {
namespace {

Table RequestsTable(const std::vector<RowsAsked>& asked, const HonestVolume& honest) {
  Table table{
      .title = "Requests of one run",
      .header = {"task", "arm", "N", "asked of the teacher", "seen by a provider", "tokens",
                 fmt::format("a day, over {:.0f} days", honest.days), "honest accounts that ask as often"},
      .text_columns = 2,
      .note = fmt::format(
          "Measured here: what was asked, mean over seeds. Derived: requests a day. Assumed (configs/assumptions/"
          "needle.toml): an honest account sends {:.0f} requests in {:.0f} days on average, Gamma with shape {:.1f}.",
          honest.mean, honest.days, honest.shape)};
  for (const RowsAsked& row : asked) {
    table.rows.push_back({row.task, row.arm, std::to_string(row.n), Fixed(row.prompts, 0),
                          row.through_api ? Fixed(row.prompts, 0) : "0", Count(row.tokens),
                          Fixed(row.prompts / honest.days, 1),
                          row.prompts > 0 ? Percent(HonestShareAtLeast(row.prompts, honest)) : std::string(kDash)});
  }
  return table;
}

DataTable RequestsData(const std::vector<RowsAsked>& asked, const HonestVolume& honest) {
  DataTable data{.file = "requests.csv",
                 .about = "requests of one run of an arm, mean over seeds",
                 .columns = {{"task", "text", "as the tables name it", ""},
                             {"arm", "text", "kind of rows", ""},
                             {"n", "rows", "that the students learnt", ""},
                             {"prompts", "requests", "asked of the teacher, dropped answers too", ""},
                             {"seen", "requests", "of these, what a provider saw in this run", ""},
                             {"tokens", "tokens", "read and written by the teacher", ""},
                             {"a_day", "requests a day", "derived: spread over the register's horizon", ""},
                             {"honest_share", "share", "assumed: honest accounts that send as many or more", ""}}};
  for (const RowsAsked& row : asked) {
    data.rows.push_back({row.task, row.arm, row.n, row.prompts, row.through_api ? row.prompts : 0.0, row.tokens,
                         row.prompts / honest.days, HonestShareAtLeast(row.prompts, honest)});
  }
  return data;
}

// A line for each field of a record: how many different values the log has, and one of them.
Table LogTable(const LoggedRun& run) {
  Table table{
      .title = fmt::format("The request log of one run: {}, N = {}, {} lines", run.arm, run.n, run.records.size()),
      .header = {"field", "what it holds", "different values"},
      .text_columns = 2,
      .note = "No text of a prompt or an answer stands in a log: docs/policies.md."};
  const auto line = [&](const char* field, const std::string& holds,
                        const std::function<std::string(const RequestRecord&)>& value) {
    std::set<std::string> values;
    for (const RequestRecord& record : run.records) values.insert(value(record));
    table.rows.push_back({field, holds, std::to_string(values.size())});
  };
  const RequestRecord& first = run.records.front();
  const auto range = [&](int64_t RequestRecord::*tokens) {
    const auto [low, high] = std::ranges::minmax_element(run.records, {}, tokens);
    return fmt::format("{} to {}", (*low).*tokens, (*high).*tokens);
  };
  table.rows.push_back({"time_ms", "when it was answered", std::string(kDash)});
  line("account", first.account, [](const auto& r) { return r.account; });
  line("key", first.key + " (a name, not the key)", [](const auto& r) { return r.key; });
  line("tier", first.tier + ": how far the owner was identified", [](const auto& r) { return r.tier; });
  line("prompt", "a pseudonym of 64 hex digits", [](const auto& r) { return r.prompt; });
  line("template_shape", "a pseudonym of the prompt without its numbers and words",
       [](const auto& r) { return r.template_shape; });
  line("features", fmt::format("{} numbers in place of the text", first.features.size()), [](const auto& r) {
    std::string text;
    for (const double feature : r.features) text += fmt::format("{} ", feature);
    return text;
  });
  line("prompt_tokens", range(&RequestRecord::prompt_tokens),
       [](const auto& r) { return std::to_string(r.prompt_tokens); });
  line("completion_tokens", range(&RequestRecord::completion_tokens),
       [](const auto& r) { return std::to_string(r.completion_tokens); });
  line("temperature", fmt::format("{}", first.temperature),
       [](const auto& r) { return fmt::format("{}", r.temperature); });
  line("status", fmt::format("{} (as HTTP has it)", first.status),
       [](const auto& r) { return std::to_string(r.status); });
  line("finish_reason", first.finish_reason, [](const auto& r) { return r.finish_reason; });
  return table;
}

std::string Verdict(const RowsAsked& most, const HonestVolume& honest) {
  return fmt::format(
      "What a provider could see: {} of the {:.0f} requests behind {} {} at N = {}{}. As many requests from one "
      "account are "
      "{:.1f} a day for {:.0f} days; under the register's assumptions about honest users (assumed, not measured) {} of "
      "them send as many or more.",
      most.through_api ? "all" : "none", most.prompts, most.task, most.arm, most.n,
      most.through_api ? "" : ", since a teacher whose weights are at hand is asked without a network",
      most.prompts / honest.days, honest.days, Percent(HonestShareAtLeast(most.prompts, honest)));
}

}  // namespace

HonestVolume HonestVolumeOf(const NeedleAssumptions& assumptions) {
  return {.mean = assumptions.honest_monthly_mean.value,
          .shape = assumptions.honest_gamma_shape.value,
          .days = assumptions.horizon_days.value};
}

double HonestShareAtLeast(double requests, const HonestVolume& honest) {
  if (requests <= 0) return 1;
  return boost::math::gamma_q(honest.shape, honest.shape * requests / honest.mean);
}

OwnSection RequestsSection(const std::vector<RowsAsked>& asked, const LoggedRun& logged, const HonestVolume& honest,
                           bool has_network) {
  OwnSection section{.page = {.id = "requests", .title = "What a provider could see"}};
  if (asked.empty()) return section;
  section.page.paragraphs = {
      "Whoever has a teacher's weights asks it in a process of their own: nothing leaves the machine, and there is no "
      "provider who could log, limit or refuse. Were the same teacher behind an API, each question would be a request "
      "in "
      "its provider's log. (The teacher's own score, the ceiling of the tables, takes further questions, which "
      "somebody "
      "who only distills need not ask.)",
      has_network
          ? "The process that wrote this page had a network, which it does not use: in an empty network namespace "
            "(unshare -rn) the command gives the same numbers."
          : "The process that wrote this page had no network: no interface but the loopback one, as in an empty "
            "network namespace (unshare -rn). Cells that an earlier run had finished are taken over as they are."};
  section.page.tables = {RequestsTable(asked, honest)};
  if (!logged.records.empty()) section.page.tables.push_back(LogTable(logged));
  section.data = {RequestsData(asked, honest)};
  section.verdicts = {Verdict(*std::ranges::max_element(asked, {}, &RowsAsked::prompts), honest)};
  return section;
}

}  // namespace retort::provider
