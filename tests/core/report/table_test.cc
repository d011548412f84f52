#include "core/report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/report/data_table.h"

namespace retort {
namespace {

using testing::HasSubstr;
using testing::Not;

Table Small() {
  return {.title = "a & b",
          .header = {"arm", "50 %"},
          .rows = {{"x_1", TableCell("1 000", "#cells-1", 1000)}, {"[y]", "–"}},
          .note = "of 5 < 6"};
}

TEST(Table, PlainText) {
  EXPECT_EQ(ToText(Small()), "a & b\n  arm    50 %\n  x_1   1 000\n  [y]       –\n  of 5 < 6\n");
}

TEST(Table, Markdown) {
  EXPECT_EQ(ToMarkdown(Small()),
            "### a &amp; b\n\n| arm | 50 % |\n| --- | ---: |\n| x\\_1 | 1 000 |\n| \\[y\\] | – |\n\nof 5 &lt; 6\n");
}

TEST(Table, LatexIsBooktabs) {
  EXPECT_EQ(ToLatex(Small()),
            "\\begin{table}\n  \\centering\n  \\caption{a \\& b. of 5 \\textless{} 6}\n  \\begin{tabular}{lr}\n"
            "    \\toprule\n    arm & 50 \\% \\\\\n    \\midrule\n    x\\_1 & 1 000 \\\\\n    {}[y] & -- \\\\\n"
            "    \\bottomrule\n  \\end{tabular}\n\\end{table}\n");
}

TEST(Table, WideLatexIsSetSmall) {
  const auto with = [](size_t columns) {
    return ToLatex({.header = std::vector<std::string>(columns, "a"), .rows = {std::vector<TableCell>(columns, "1")}});
  };
  EXPECT_THAT(with(5), Not(HasSubstr("size")));
  EXPECT_THAT(with(6), HasSubstr("\\footnotesize"));
  EXPECT_THAT(with(9), HasSubstr("\\scriptsize"));
}

TEST(Table, HtmlHasKeysLinksAndHeaders) {
  Table table = Small();
  table.anchors = {"g1", "g1"};
  const std::string html = ToHtml(table);
  EXPECT_THAT(html, HasSubstr("<table class=\"sortable\">"));
  EXPECT_THAT(html, HasSubstr("<th scope=\"col\" class=\"n\">50 %</th>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"n\" data-sort=\"1000\"><a href=\"#cells-1\">1 000</a></td>"));
  EXPECT_THAT(html, HasSubstr("<tr id=\"g1\" data-group=\"g1\"><th scope=\"row\">x_1</th>"));
  EXPECT_THAT(html, HasSubstr("<tr data-group=\"g1\"><th scope=\"row\">[y]</th>"));  // an id stands once
  table.rows.pop_back();
  EXPECT_THAT(ToHtml(table), Not(HasSubstr("sortable")));  // nothing to sort
}

TEST(Table, LinksLeadNowhereElse) {
  for (const char* href :
       {"javascript:alert(1)", "https://example.org/", "//example.org/x", "a b", "data:text/html,x"}) {
    EXPECT_THAT(ToHtml({.header = {"a"}, .rows = {{TableCell("x", href)}}}), Not(HasSubstr("href"))) << href;
  }
  EXPECT_THAT(ToHtml({.header = {"a"}, .rows = {{TableCell("x", "../b/index.html#t")}}}),
              HasSubstr("href=\"../b/index.html#t\""));
  EXPECT_THAT(ToHtml({.header = {"a"}, .rows = {{TableCell("x", "#\"><script>")}}}), Not(HasSubstr("<script")));
}

TEST(Table, HostileTextStaysText) {
  const std::string evil = "\\input{/etc/passwd}</td><script>|\n\x01%$_^~#&{}";
  const Table table{.title = evil, .header = {evil}, .rows = {{evil}}, .note = evil, .anchors = {evil}};
  const std::string latex = ToLatex(table), html = ToHtml(table), markdown = ToMarkdown(table);
  EXPECT_THAT(latex, Not(HasSubstr("\\input")));
  EXPECT_THAT(latex, HasSubstr("\\textbackslash{}input\\{/etc/passwd\\}"));
  EXPECT_THAT(latex, HasSubstr("?\\%\\$\\_\\textasciicircum{}\\textasciitilde{}\\#\\&\\{\\}"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(markdown, Not(HasSubstr("<script")));
}

TEST(DataTable, WritesWhatItExplains) {
  const DataTable table{.file = "x.csv",
                        .about = "One row a thing.",
                        .columns = {{"name", "text", "of it", ""}, {"size", "m | ft", "how long", "unknown"}},
                        .rows = {{"=1+1", 0.5}, {"b,c", std::optional<double>()}, {"d", std::nan("")}, {"e", 7}}};
  EXPECT_EQ(ToCsv(table), "name,size\n'=1+1,0.5\n\"b,c\",\nd,\ne,7\n");
  const std::string dictionary = DataDictionary(std::vector{table});
  EXPECT_THAT(dictionary, HasSubstr("## x.csv\n\nOne row a thing."));
  EXPECT_THAT(dictionary, HasSubstr("| size | m \\| ft | how long | unknown |"));
  EXPECT_THAT(dictionary, HasSubstr("| name | text | of it | never |"));
}

}  // namespace
}  // namespace retort
