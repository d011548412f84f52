// The whole of policy_table on the shipped results: page, data, and conclusions that turn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "experiments/provider/policy_report.h"
#include "experiments/provider/policy_tables.h"
#include "tests/experiments/provider/shipped_registers.h"

namespace retort::provider {
namespace {

using ::testing::HasSubstr;

const PolicyReport& Report() {
  static const PolicyReport report = [] {
    PolicyConfig config;
    config.draws = 12;
    return *MakePolicyReport(config, Shipped(), ShippedResults(), {});
  }();
  return report;
}

TEST(PolicyPage, SaysWhatMustBeSaidAndNoMore) {
  PolicyReport report = Report();
  report.what_ifs = {"kyc.phone_price.value=5"};
  const PageContent page = PolicyPage(report);
  std::string text = RenderMarkdown(page);
  std::erase(text, '\\');
  for (const char* words : {"Under these assumptions", "alleged", "assumed", "measured here", "not a frontier model's",
                            "kyc.phone_price.value=5", "none is stopped", "Dollars are those of the shipped pages",
                            "open weights", "not reached", "chat", "debate", "api", "naive", "adaptive"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
  std::string html = RenderPage(page);
  std::ranges::transform(html, html.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* words : {"prevents", "undetectable", "theft", "steal"}) {
    EXPECT_EQ(html.find(words), std::string::npos) << words;
  }
  for (const DataTable& table : PolicyData(report)) {
    for (const auto& row : table.rows) ASSERT_EQ(row.size(), table.columns.size()) << table.file;
  }
  EXPECT_EQ(PolicyTable(report, report.volumes[0], {}, {}).rows.size(), report.model.rows());
  // What can be told afterwards, where provenance was run.
  PolicyInputs told = report.inputs;
  told.provenance = {{"rules", "canaries", "taught", "none", 100, 20, {0.9, 0.7, 0.99}},
                     {"rules", "canaries", "taught", "paraphrase", 100, 20, {0.3, 0.1, 0.5}},
                     {"rules", "canaries", "untaught", "", 0, 200, {0.01, 0, 0.03}}};
  const PolicyReport with{.config = report.config,
                          .registers = report.registers,
                          .shared_inputs = report.shared_inputs,
                          .inputs = told,
                          .model = report.model,
                          .volumes = report.volumes};
  EXPECT_THAT(ToText(ProvenanceTable(with)), HasSubstr("paraphrase, 100 % of rows"));
  EXPECT_THAT(ToText(ProvenanceTable(with)), HasSubstr("30 % [10, 50]"));
  // A conclusion that turns does so between the registered value and an end of its range.
  PolicyRegisters registers = report.registers;
  for (const Flip& flip : report.sensitivity.flips) {
    for (const RegisterEntry& entry : UsedEntries(registers)) {
      if (entry.name != flip.entry) continue;
      EXPECT_GE(flip.at, entry.entry->low) << flip.entry;
      EXPECT_LE(flip.at, entry.entry->high) << flip.entry;
    }
  }
}

}  // namespace
}  // namespace retort::provider
