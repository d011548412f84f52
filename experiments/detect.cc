// A provider's detectors over its own request logs: who stands out against an honest month.
//   build/detect log=request_logs honest=request_logs_of_last_month
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/program.h"
#include "core/report/data_table.h"
#include "core/report/table.h"
#include "teacher/provider/log_detection.h"

namespace retort {
namespace {

struct DetectCommand {
  std::string log, honest, output_dir;
  int show = 20;
  LogDetectionConfig detection;
};

void Describe(Describer& d, DetectCommand& c) {
  d.Field("log", c.log, {.help = "request logs to look through: a folder, or one file", .required = true});
  d.Field("honest", c.honest, {.help = "request logs of an honest month, under the same salt", .required = true});
  d.Field("output_dir", c.output_dir,
          {.help = "where accounts.csv goes, one row an account; empty: nowhere", .numerics = false});
  d.Field("show", c.show, {.help = "accounts that are printed", .min = 0, .max = 100000, .numerics = false});
  Describe(d, c.detection);
}

DataTable Accounts(const LogFindings& findings) {
  DataTable table{.file = "accounts.csv",
                  .about = "an account of the log",
                  .columns = {{"account", "text", "the provider's name", ""},
                              {"tier", "text", "how far its owner was identified", ""},
                              {"requests", "requests", "that were answered", ""},
                              {"linked", "accounts", "with one payment or address, itself too", ""}}};
  for (const std::string_view name : kLogDetectorNames) {
    const std::string detector(name);
    table.columns.push_back({detector + "_score", "score", "largest of the month", "nothing to look at"});
    table.columns.push_back({detector + "_rarity", "nats", "-ln of the share of honest accounts that score so", ""});
    table.columns.push_back({detector + "_alarm", "day", "first alarm", "none"});
  }
  for (const AccountFinding& account : findings.accounts) {
    std::vector<DataField> row = {account.account, account.tier, account.requests, account.linked};
    for (size_t i = 0; i < kLogDetectors; ++i) {
      row.emplace_back(account.score[i]);
      row.emplace_back(account.rarity[i]);
      row.push_back(account.alarm_day[i] > 0 ? DataField(account.alarm_day[i]) : DataField());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string OneIn(double rarity) {
  constexpr double kMost = 1e9;
  return std::exp(rarity) > kMost ? "> 1e9" : fmt::format("{:.3g}", std::exp(rarity));
}

double Strangest(const AccountFinding& account) { return *std::ranges::max_element(account.rarity); }

Table Shown(LogFindings findings, int show) {
  Table table{.title = fmt::format("The {} strangest of {} accounts over {} days", show, findings.accounts.size(),
                                   findings.days),
              .header = {"account", "tier", "requests", "linked"},
              .text_columns = 2,
              .note =
                  "Under each detector: one honest account in so many scores so high; ! an alarm. Beyond what the "
                  "honest logs hold the numbers are extrapolated."};
  table.header.insert(table.header.end(), kLogDetectorNames.begin(), kLogDetectorNames.end());
  std::ranges::stable_sort(findings.accounts, std::ranges::greater{}, Strangest);
  findings.accounts.resize(std::min(findings.accounts.size(), static_cast<size_t>(show)));
  for (const AccountFinding& account : findings.accounts) {
    std::vector<TableCell> row = {account.account, account.tier, std::to_string(account.requests),
                                  std::to_string(account.linked)};
    for (size_t i = 0; i < kLogDetectors; ++i) {
      row.emplace_back(!std::isfinite(account.score[i])
                           ? std::string("-")
                           : OneIn(account.rarity[i]) + (account.alarm_day[i] > 0 ? " !" : ""));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table Thresholds(const LogFindings& findings) {
  Table table{.title = fmt::format("Thresholds for a false positive rate of {:.2g} %", 100 * findings.asked_rate),
              .header = {"detector", "accounts that ring", "honest accounts compared with", "of them beyond",
                         "false positive rate that this leaves, %"},
              .note =
                  "The rate is that of other honest accounts of the same kind in one month: the 95 % interval of "
                  "Clopper and Pearson, linked accounts counted as one. Another month may be of another kind."};
  for (size_t i = 0; i < kLogDetectors; ++i) {
    const auto ring = std::ranges::count_if(findings.accounts, [&](const auto& a) { return a.alarm_day[i] > 0; });
    const FalseAlarms& alarms = findings.false_alarms[i];
    table.rows.push_back({kLogDetectorNames[i], fmt::format("{} of {}", ring, findings.accounts.size()),
                          std::to_string(alarms.accounts), std::to_string(alarms.beyond),
                          fmt::format("{:.2g} to {:.2g}", 100 * alarms.rate.low, 100 * alarms.rate.high)});
  }
  return table;
}

void Warn(const LogFindings& findings) {
  int64_t fewest = std::numeric_limits<int64_t>::max();
  for (const FalseAlarms& alarms : findings.false_alarms) {
    if (!Resolves(alarms, findings.asked_rate)) fewest = std::min(fewest, alarms.accounts);
  }
  if (fewest == std::numeric_limits<int64_t>::max()) return;
  fmt::print(
      stderr,
      "warning: {} honest accounts cannot tell a false positive rate of {:.2g} %: less than one of them lies beyond "
      "such a threshold, which is extrapolated; give more honest accounts, or raise honest_alarms\n",
      fewest, 100 * findings.asked_rate);
}

int Main(int argc, char** argv) {
  return RunMain("detect", [&] {
    const Program program{.name = "detect", .summary = "Look for distillers in a gateway's request logs."};
    const auto command = LoadOrExit<DetectCommand>(program, argc, argv);
    const LogFindings findings =
        DetectInLogs(ReadLoggedMonth(command.honest), ReadLoggedMonth(command.log), command.detection);
    const int show = std::min(command.show, static_cast<int>(findings.accounts.size()));
    fmt::print("{}", ToText(Shown(findings, show)));
    fmt::print("\n{}", ToText(Thresholds(findings)));
    Warn(findings);
    if (command.output_dir.empty()) return 0;
    WriteFileAtomic(std::filesystem::path(command.output_dir) / "accounts.csv", ToCsv(Accounts(findings)));
    fmt::print("{}/accounts.csv\n", command.output_dir);
    return 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }
