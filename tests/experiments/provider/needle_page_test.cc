// The page of a small haystack: it says what must be said, and none of the words that would say too much.
#include "experiments/provider/needle_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "experiments/provider/register_table.h"

namespace retort::provider {
namespace {

using ::testing::HasSubstr;

struct Run {
  Run() {
    const std::string file = std::string(RETORT_SOURCE_DIR) + "/configs/assumptions/needle.toml";
    FromToml(ReadFile(file), file, [&](Describer& d) { Describe(d, assumptions); });
    config.haystacks = {"chat"};
    config.accounts = 60'000;
    config.campaign_requests = 1000;
    marks = Marks(assumptions, {{.task = "rules", .arm = "teacher", .bound = ">= ", .n = 64}}, "teacher");
    result = RunNeedle(config, assumptions, Volumes(1, marks), {});
  }
  NeedleReport Report() const {
    return {config, assumptions, primary, result, marks, {"assumptions.review_days.value=2"}};
  }
  NeedleAssumptions assumptions;
  NeedleConfig config;
  PrimaryContrast primary;
  std::vector<Mark> marks;
  NeedleResult result;
};

const Run& Shared() {
  static const Run run;
  return run;
}

TEST(NeedlePage, SaysWhatMustBeSaid) {
  const PageContent page = NeedlePage(Shared().Report());
  std::string text = RenderMarkdown(page);
  std::erase(text, '\\');
  for (const char* words :
       {"Under these assumptions", "1.04e-05", "2.1 million", "1.1 %", "alleged", "assumed", "published",
        "measured here", "gt;= 64", "assumptions.review_days.value=2", "3/n", "not a frontier model's", "synthetic"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
  ASSERT_EQ(page.verdicts.size(), 1U);
  EXPECT_THAT(page.verdicts[0], ::testing::MatchesRegex("Under these assumptions, .* \\[.*\\].*honest accounts.*"));
}

TEST(NeedlePage, NeverSaysTooMuch) {
  std::string text = RenderPage(NeedlePage(Shared().Report()));
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  const size_t title = text.find("detecting and preventing distillation attacks");  // a cited title says what it says
  ASSERT_NE(title, std::string::npos);
  for (size_t at = text.find("preventing"); at != std::string::npos; at = text.find("preventing", at + 1)) {
    EXPECT_TRUE(text.substr(at).starts_with("preventing distillation attacks") ||
                text.substr(at).starts_with("preventing-distillation-attacks"));
  }
  for (const char* words : {"prevents", "undetectable", "theft", "steal", "stolen"}) {
    EXPECT_EQ(text.find(words), std::string::npos) << words;
  }
}

TEST(NeedlePage, DataHoldEveryRow) {
  const std::vector<DataTable> data = NeedleData(Shared().Report());
  EXPECT_EQ(data[0].rows.size(), Shared().result.haystacks[0].rows.size());
  EXPECT_EQ(data[1].rows.size(), kDetectors);
  EXPECT_EQ(data[2].rows.size(), Entries(Shared().assumptions).size());
  for (const DataTable& table : data) {
    for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size()) << table.file;
  }
}

TEST(NeedlePage, WhatIfsAreThoseOfTheRegister) {
  EXPECT_EQ(WhatIfs({"seed=3", "assumptions.review_days.value=2", "output_dir=assumptions", "+assumptions=needle"}),
            (std::vector<std::string>{"assumptions.review_days.value=2", "+assumptions=needle"}));
}

}  // namespace
}  // namespace retort::provider
