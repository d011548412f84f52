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

TEST(LatexText, EveryCommandStandsForItself) {
  EXPECT_EQ(LatexText("\\end{x} $5 & 50 % #1 a_b ~ ^ <>|`"),
            "\\textbackslash{}end\\{x\\} \\$5 \\& 50 \\% \\#1 a\\_b \\textasciitilde{} \\textasciicircum{} "
            "\\textless{}\\textgreater{}\\textbar{}\\textasciigrave{}");
  EXPECT_EQ(LatexText("a--b \"c\"\nd"), "a-{}-b ''c'' d");
  EXPECT_EQ(LatexText("−1 – 2.1\u00A0×\u00A010¹⁰ \xff"), "$-$1 -- 2.1~$\\times$~10$^{1}$$^{0}$ ?");
}

TEST(UrlPath, KeepsSlashesAndHidesTheRest) { EXPECT_EQ(UrlPath("../runs/a b#c?d:e%"), "../runs/a%20b%23c%3Fd%3Ae%25"); }

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
  EXPECT_EQ(PowerOfTen(2.1e10, 1), "2.1\u00A0×\u00A010¹⁰");
  EXPECT_EQ(PowerOfTen(-3e-5, 0), "−3\u00A0×\u00A010⁻⁵");
  EXPECT_EQ(Count(123456789), "1.23\u00A0×\u00A010⁸");
  EXPECT_EQ(PValue(0.0004), "< 0.001");
  EXPECT_EQ(PValue(0.0123), "0.012");
  EXPECT_EQ(PValue(std::nullopt), "–");
  EXPECT_EQ(SignedOpen({-1.2, -INFINITY, 0.3}, 1), "−1.2 [−∞, +0.3]");
  EXPECT_EQ(Measured(0.0316), "0.032");
  EXPECT_EQ(Measured(12), "12");
  EXPECT_EQ(Measured(12345.6), "12\u202F346");
}

}  // namespace
}  // namespace retort
