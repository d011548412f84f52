#include "core/report/escape.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/report/format.h"

namespace retort {
namespace {

TEST(HtmlText, EscapesAllThatCanEndAContext) {
  EXPECT_EQ(HtmlText("<b a=\"x\" b='y'>&"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
}

TEST(CleanUtf8, KeepsTextAndReplacesTheRest) {
  EXPECT_EQ(CleanUtf8("é漢😀\n\t"), "é漢😀\n\t");
  EXPECT_EQ(CleanUtf8(std::string_view("a\0b\x1b[", 5)), "a\uFFFDb\uFFFD[");
  EXPECT_EQ(CleanUtf8("\xff\xc3"), "\uFFFD\uFFFD");
  EXPECT_EQ(CleanUtf8("\xc0\xaf"), "\uFFFD\uFFFD");            // overlong '/'
  EXPECT_EQ(CleanUtf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(CleanUtf8("a\r\nb\rc"), "a\nb\nc");
}

TEST(MarkdownText, StaysInItsCell) {
  EXPECT_EQ(MarkdownText("a|b\nc"), "a\\|b c");
  EXPECT_EQ(MarkdownText("*x* `y` <z> [l](u)"), "\\*x\\* \\`y\\` &lt;z&gt; \\[l\\](u)");
}

TEST(CsvText, QuotesAndDisarms) {
  EXPECT_EQ(CsvText("plain"), "plain");
  EXPECT_EQ(CsvText("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
  EXPECT_EQ(CsvText("=1+2"), "'=1+2");
  EXPECT_EQ(CsvText("+1"), "'+1");
  EXPECT_EQ(CsvText("-1"), "'-1");
  EXPECT_EQ(CsvText("@SUM(A1,A2)"), "\"'@SUM(A1,A2)\"");
  EXPECT_EQ(CsvText("> 64"), "> 64");
}

TEST(Numbers, AreNeverNan) {
  const double nan = std::nan("");
  EXPECT_EQ(Fixed(nan, 2), "–");
  EXPECT_EQ(Exact(nan), "");
  EXPECT_EQ(Exact(INFINITY), "");
  EXPECT_EQ(Percent(-INFINITY), "–");
  EXPECT_EQ(WithInterval({0.5, -INFINITY, INFINITY}, 2), "0.50");
  EXPECT_EQ(Count(nan), "–");
  EXPECT_EQ(Dollars(nan), "–");
}

TEST(Numbers, ReadWell) {
  EXPECT_EQ(Fixed(-0.001, 2), "0.00");
  EXPECT_EQ(Fixed(-0.5, 1), "−0.5");
  EXPECT_EQ(PercentInterval({0.618, 0.48, 0.75}), "62 % [48, 75]");
  EXPECT_EQ(Signed({0.31, -0.02, 0.37}, 2), "+0.31 [−0.02, +0.37]");
  EXPECT_EQ(Count(1234567), "1\u202F234\u202F567");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Dollars(0), "$0");
  EXPECT_EQ(Dollars(12.345), "$12.35");
  EXPECT_EQ(Exact(0.1), "0.1");
}

}  // namespace
}  // namespace retort
