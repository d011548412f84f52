// The page of a small haystack: it says what must be said, and none of the words that would say too much.
#include "experiments/provider/needle_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "experiments/lab/register_table.h"

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
    marks = Marks(assumptions, {{.task = "rules", .arm = "teacher", .bound = Bound::kAtLeast, .n = 64}}, "teacher");
    need = Need{.task = "rules",
                .estimate = {Crossing::Kind::kAt, 40},
                .smallest = 4,
                .largest = 64,
                .n90 = {20, 30, 40, 50, std::numeric_limits<double>::infinity()}};
    std::vector<NeededRequests> needed = Drawn(*need, assumptions);
    needed.push_back(Estimated(*need, assumptions));
    result = RunNeedle(config, assumptions, Volumes(1, marks, needed), {});
    const Obtained as_is{.hidden = {1, 0.9, 1}, .loud = {0.1, 0.1, 0.1}};
    sensitivity =
        Sensitivity{.accounts = 1000,
                    .as_registered = as_is,
                    .swings = {{.name = "template_shift",
                                .low = 0,
                                .high = 4,
                                .at_low = as_is,
                                .at_high = {.hidden = {0.2, 0.1, 0.3}, .loud = {0.1, 0.1, 0.1}},
                                .hides_until = 2.5},
                               {.name = "topic_zipf", .low = 0, .high = 2, .at_low = as_is, .at_high = as_is}},
                    .idle = {"input_price"}};
  }
  NeedleReport Report() const {
    return {config, assumptions, primary, result, marks, need, sensitivity, {"assumptions.review_days.value=2"}, {}};
  }
  NeedleAssumptions assumptions;
  NeedleConfig config;
  PrimaryContrast primary;
  std::vector<Mark> marks;
  std::optional<Need> need;
  std::optional<Sensitivity> sensitivity;
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
  EXPECT_THAT(text, ::testing::Not(HasSubstr("e+02 %")));
  ASSERT_EQ(page.verdicts.size(), 2U);
  EXPECT_THAT(page.verdicts[0], HasSubstr("needs the 40 requests [20, >= 64] that N90 of rules takes (measured here"));
  EXPECT_THAT(page.verdicts[1], HasSubstr("800 000 requests (DeepSeek-R1-Distill, published)"));
  EXPECT_THAT(page.verdicts[1], HasSubstr("28.8 million requests (laid to a campaign of June 2026, alleged)"));
  EXPECT_THAT(page.verdicts[0], ::testing::MatchesRegex("Under these assumptions, .* \\[.*\\].*honest accounts.*"));
}

TEST(NeedlePage, SaysWhereMeasuredTextsComeFrom) {
  const std::filesystem::path folder = std::filesystem::path(RETORT_SOURCE_DIR) / "configs" / "traffic";
  auto run = Shared();
  run.config.logged = ReadLoggedMonths(folder);
  NeedleReport report = run.Report();
  report.detection = ReadLoggedDetection(folder);
  const PageContent page = NeedlePage(report);
  std::string text = RenderMarkdown(page);
  std::erase(text, '\\');
  for (const char* words :
       {"and with texts as a gateway's log had them", "Measured here: the texts of requests, from a gateway's log;",
        "described, not observed", "AUC of the detectors that read texts", "log: cluster", "260", "clusters"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
  EXPECT_THAT(page.last_sections[0].paragraphs[0], HasSubstr("nothing here has a use for topic_concentration"));
  text = RenderMarkdown(NeedlePage(Shared().Report()));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("gateway's log had")));
  EXPECT_THAT(text, HasSubstr("honest and distilling texts lie"));
}

TEST(NeedlePage, TheGlossarySpeaksOfThisRun) {
  const PageContent page = NeedlePage(Shared().Report());
  std::string all;
  for (const auto& [term, meaning] : page.glossary) all += fmt::format("{}: {}\n", term, meaning);
  EXPECT_THAT(all, HasSubstr("chat 60 000"));
  EXPECT_THAT(all, ::testing::Not(HasSubstr("700 million")));
  for (const char* term : {"AUC: ", "honest members ended: ", "review: "}) EXPECT_THAT(all, HasSubstr(term));
}

TEST(NeedlePage, WhatMovesAConclusionIsShownWithItsTurn) {
  const std::string text = RenderMarkdown(NeedlePage(Shared().Report()));
  EXPECT_THAT(text, HasSubstr("| template\\_shift | assumed | 1 | 0 | 4 | 100 % | 20 % | 10 % | 10 % | 2.5 |"));
  EXPECT_THAT(text, HasSubstr("less than 2 points: topic\\_zipf"));
}

TEST(NeedlePage, WithoutAMeasuredNeedTheVerdictSaysSo) {
  auto run = Shared();
  run.need.reset();
  const PageContent page = NeedlePage(run.Report());
  ASSERT_EQ(page.verdicts.size(), 1U);
  EXPECT_THAT(page.verdicts[0], HasSubstr("No need was measured"));
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
  EXPECT_EQ(data[3].rows.size(), 5U) << "as registered, and both ends of two";
  EXPECT_EQ(data[2].rows.size(), Entries(Shared().assumptions).size());
  for (const DataTable& table : data) {
    for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size()) << table.file;
  }
}

TEST(NeedlePage, WhatIfsAreThoseOfTheRegister) {
  EXPECT_EQ(
      lab::WhatIfs({"seed=3", "assumptions.review_days.value=2", "output_dir=assumptions", "+assumptions=needle"}),
      (std::vector<std::string>{"assumptions.review_days.value=2", "+assumptions=needle"}));
}

}  // namespace
}  // namespace retort::provider
