#include "experiments/look/csv_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/look/trace_row.h"
#include "tests/core/base/message_of.h"
#include "tests/experiments/look/store_fixture.h"

namespace retort::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(CsvTableTest, ReadsWhatRfc4180Allows) {
  const CsvTable table = ParseCsv(
      "\xEF\xBB\xBF"
      "a,b,c\r\n1,\"x, \"\"y\"\"\nz\",\r\n'=1+1,'plain,3",
      "t.csv");
  EXPECT_THAT(table.columns, ElementsAre("a", "b", "c"));
  ASSERT_THAT(table.rows, SizeIs(2));
  EXPECT_EQ(table.Field(0, "b"), "x, \"y\"\nz");
  EXPECT_EQ(table.Field(0, "c"), "");
  EXPECT_EQ(table.Field(1, "a"), "=1+1") << "the guard against spreadsheets is taken off";
  EXPECT_EQ(table.Field(1, "b"), "'plain");
  EXPECT_EQ(table.Field(1, "nothing"), "");
}

TEST(CsvTableTest, HostileTextIsRefusedAtItsLine) {
  const auto problem = [](const std::string& text) { return MessageOf([&] { ParseCsv(text, "t.csv"); }); };
  EXPECT_THAT(problem(""), HasSubstr("no header"));
  EXPECT_THAT(problem("a,b\n1,2\n3\n"), HasSubstr("t.csv:3: has 1 fields, the header 2"));
  EXPECT_THAT(problem("a,b\n\"1\n\n2\",2\n\"3,4"), HasSubstr("t.csv:5"));
  EXPECT_THAT(problem("a,a\n"), HasSubstr("stands twice"));
  EXPECT_THAT(problem("a\n\"1\"2\n"), HasSubstr("t.csv:2"));
  EXPECT_THAT(problem("a\n1\"2\n"), HasSubstr("t.csv:2"));
}

TEST(TraceRowTest, ARowIsANumberOrWordsThatItAloneHas) {
  const StoreFixture store;
  const CsvTable cells = OpenTable(store.path("out"), {"arm=teacher"});
  EXPECT_TRUE(IsCells(cells));
  EXPECT_EQ(FindRow(cells, {"3"}), 2u);
  EXPECT_EQ(FindRow(cells, {"arm=teacher", "n=16", "seed=1"}), 7u);
  const std::string several = MessageOf([&] { FindRow(cells, {"arm=teacher", "n=16"}); });
  EXPECT_THAT(several, HasSubstr("2 rows have arm=teacher n=16"));
  EXPECT_THAT(several, HasSubstr("8  task big, target big, arm teacher, N = 16, seed 1"));
  for (const char* word : {"0", "9", "-1", "1e3", "99999999999999999999", "one", "seed=9", "arms=teacher"}) {
    EXPECT_NE(MessageOf([&] { FindRow(cells, {word}); }), "") << word;
  }
  EXPECT_NE(MessageOf([&] { FindRow(cells, {}); }), "");
  EXPECT_FALSE(IsCells(OpenTable(store.path("out"), {"statistic=n50"}))) << "only summary.csv has that column";
  EXPECT_FALSE(IsCells(OpenTable(store.path("out/summary.csv"), {})));
  EXPECT_NE(MessageOf([&] { OpenTable(store.path("runs"), {}); }), "");
  WriteFileAtomic(store.path("other.csv"), "a,b\n1,2\n");
  EXPECT_THAT(MessageOf([&] { OpenTable(store.path("other.csv"), {}); }), HasSubstr("neither a cells.csv"));
}

TEST(TraceRowTest, TheCurveOfASweepIsThatOfItsPoint) {
  const CsvTable summary =
      ParseCsv("task,arm,statistic,n,mean,note,a.rate\n\"rules, rate 1\",teacher,score,4,.5,,1\n", "s");
  const CsvTable cells = ParseCsv(
      "arm,n,seed,score,task,run,samples_sha256,a.rate\nteacher,4,0,.5,rules,x,,1\nteacher,4,0,.5,rules,y,,2\n"
      "teacher,4,0,.5,rule,z,,1\nbase,0,0,.5,rules,v,,1\n",
      "c");
  EXPECT_THAT(AxisColumns(cells), ElementsAre("a.rate"));
  EXPECT_THAT(RowsOfCurve(summary, 0, cells), ElementsAre(0u, 3u));
}

}  // namespace
}  // namespace retort::lab
