#include "experiments/provider/requests_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "teacher/provider/log_of_rows.h"

namespace retort::provider {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

const HonestVolume kHonest{.mean = 110, .shape = 0.5, .days = 30};

TEST(HonestShare, IsTheTailOfTheGamma) {
  // Gamma of shape 1/2 and mean m is m times a squared standard normal.
  for (const double requests : {1.0, 110.0, 512.0}) {
    EXPECT_NEAR(HonestShareAtLeast(requests, kHonest), std::erfc(std::sqrt(requests / 110 / 2)), 1e-12) << requests;
  }
  EXPECT_EQ(HonestShareAtLeast(0, kHonest), 1);
}

TEST(RequestsSection, AnOpenTeacherIsSeenByNobody) {
  RowsAsked row{.task = "rules", .arm = "raw", .n = 128, .prompts = 150, .tokens = 6000};
  const OwnSection open = RequestsSection({row}, {}, kHonest, false);
  EXPECT_EQ(open.page.tables.front().rows.front()[4].text, "0");
  EXPECT_EQ(open.page.tables.front().rows.front()[3].text, "150");
  EXPECT_THAT(open.verdicts.front(), HasSubstr("none of the 150 requests"));
  EXPECT_THAT(open.page.paragraphs.back(), HasSubstr("had no network"));
  row.through_api = true;
  const OwnSection api = RequestsSection({row}, {}, kHonest, true);
  EXPECT_EQ(api.page.tables.front().rows.front()[4].text, "150");
  EXPECT_THAT(api.verdicts.front(), HasSubstr("all of the 150 requests"));
}

TEST(RequestsSection, ShowsWhatALogHolds) {
  std::vector<Sample> rows(2);
  rows[0].prompt = {{"", "big 1234?"}};
  rows[1].prompt = {{"", "big 4321?"}};
  rows[1].id = "other";
  const OwnSection section = RequestsSection({{.task = "rules", .arm = "raw", .n = 2, .prompts = 2}},
                                             {"raw", 2, LogOf(rows, {}, {})}, kHonest, true);
  ASSERT_THAT(section.page.tables, SizeIs(2));
  EXPECT_THAT(section.page.tables[1].title, HasSubstr("2 lines"));
  EXPECT_TRUE(RequestsSection({}, {}, kHonest, true).page.tables.empty());
}

}  // namespace
}  // namespace retort::provider
