// The files of a gateway's log: what is shipped can be read, what is broken is refused with its line.
#include "experiments/provider/traffic_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"

namespace retort::provider {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kShipped = std::filesystem::path(RETORT_SOURCE_DIR) / "configs" / "traffic";

TEST(TrafficFiles, TheShippedOnesHoldTwoMonthsOfOtherPeople) {
  const auto months = ReadLoggedMonths(kShipped);
  for (const LoggedTexts* month : {&months->earlier, &months->later}) {
    EXPECT_GE(month->honest(), 200U);
    for (size_t k = 0; k < kHonestKinds; ++k) EXPECT_GE(month->of(static_cast<TextKind>(k)).size(), 15U);
  }
  EXPECT_TRUE(months->earlier.of(TextKind::kCollection).empty()) << "an honest month";
  for (const TextKind kind : {TextKind::kCollection, TextKind::kReworded}) {
    EXPECT_GE(months->later.of(kind).size(), 30U);
  }
  for (const LoggedTexts* month : {&months->earlier, &months->later}) {
    for (size_t k = 0; k < kTextKinds; ++k) {
      for (const LoggedWriter& writer : month->of(static_cast<TextKind>(k))) {
        for (const auto& account : writer.accounts) EXPECT_GE(account.size(), 64U) << "a window without repeats";
      }
    }
  }
  double sum = 0, squares = 0, count = 0;
  for (size_t k = 0; k < kHonestKinds; ++k) {
    for (const LoggedWriter& writer : months->earlier.of(static_cast<TextKind>(k))) {
      for (const Features& request : writer.accounts[0]) {
        sum += request[0];
        squares += request[0] * request[0];
        count += 1;
      }
    }
  }
  EXPECT_NEAR(sum / count, 0, 1e-4);
  EXPECT_NEAR(squares / count, 1, 1e-3);
  size_t size = 0;
  for (const char* name : {"texts.csv", "accounts.csv"}) size += ReadFile(kShipped / name).size();
  EXPECT_LT(size, 400'000U) << "what everybody downloads";
}

TEST(TrafficFiles, ShippedAreasLieWhereTheyMust) {
  const std::vector<LoggedDetection> found = ReadLoggedDetection(kShipped);
  ASSERT_FALSE(found.empty());
  for (const LoggedDetection& row : found) {
    const bool scored = row.accounts > 0 && row.honest > 0;
    EXPECT_EQ(std::isfinite(row.auc), scored) << row.strategy << " " << row.detector;
    if (scored) {
      EXPECT_GE(row.auc, 0);
      EXPECT_LE(row.auc, 1);
    }
  }
}

class BrokenTraffic : public ::testing::Test {
 protected:
  std::string Problem(const std::string& texts, const std::string& accounts) {
    WriteFileAtomic(dir_.path() / "texts.csv", kTextsHead + texts);
    WriteFileAtomic(dir_.path() / "accounts.csv", "month,kind,number,texts\n" + accounts);
    try {
      ReadLoggedMonths(dir_.path());
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }
  static constexpr char kTexts[] = "0,1,1,1,0,0,0,1,1\n1,2,1,0,0,0,0,1,1\n";
  static constexpr char kAccounts[] =
      "earlier,pupil,1,0 1\nearlier,developer,1,0\nearlier,evaluator,1,1\nlater,pupil,1,0\nlater,developer,1,0\n"
      "later,evaluator,1,0\nlater,collection,1,1 1 1\nlater,reworded,1,1\nlater,reworded,1,0\n";
  const std::string kTextsHead =
      "text,log_bytes,log_words,digit_share,upper_share,punctuation_share,beyond_ascii_share,distinct_word_share,"
      "byte_entropy_bits\n";
  TempDir dir_;
};

TEST_F(BrokenTraffic, IsRefusedWithItsLine) {
  EXPECT_EQ(Problem(kTexts, kAccounts), "none");
  EXPECT_EQ(ReadLoggedMonths(dir_.path())->later.of(TextKind::kReworded)[0].accounts.size(), 2U);
  EXPECT_THAT(Problem("1,2,1,0,0,0,0,1,1\n", kAccounts), HasSubstr("texts.csv:2: is not text 0"));
  EXPECT_THAT(Problem("0,2,1,0,x,0,0,1,1\n", kAccounts), HasSubstr("texts.csv:2"));
  EXPECT_THAT(Problem("0,2,1\n", kAccounts), HasSubstr("too few fields"));
  for (const char* list : {"2", "0 2", "-1", "0,5 1", "0  1", "0 1x", "99999999999999999999999"}) {
    EXPECT_THAT(Problem(kTexts, std::string("earlier,pupil,1,") + "\"" + list + "\"\n"),
                HasSubstr("accounts.csv:2: \""))
        << list;
  }
  EXPECT_THAT(Problem(kTexts, "earlier,pupil,1,\n"), HasSubstr("accounts.csv:2: has no requests"));
  EXPECT_THAT(Problem(kTexts, "earlier,robot,1,0\n"), HasSubstr("no such kind or month"));
  EXPECT_THAT(Problem(kTexts, "someday,pupil,1,0\n"), HasSubstr("no such kind or month"));
  EXPECT_THAT(Problem(kTexts, "earlier,pupil,1,0\n"), HasSubstr("has no developer in the earlier month"));
  const std::string honest_only = std::string(kAccounts).substr(0, std::string(kAccounts).find("later,collection"));
  EXPECT_THAT(Problem(kTexts, honest_only), HasSubstr("has no collection in the later month"));
}

}  // namespace
}  // namespace retort::provider
