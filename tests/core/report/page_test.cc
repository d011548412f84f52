#include "core/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/report/citation.h"
#include "core/report/page_files.h"
#include "tests/core/report/html.h"

namespace retort {
namespace {

using testing::HasSubstr;
using testing::Not;

Plot Line(double x) {
  Plot plot{.title = "line", .description = "one line"};
  plot.curves = {{.name = "a", .points = {{x, 1}, {2 * x, 2}}}};
  return plot;
}

PageContent Small() {
  PageContent page{.experiment = "needle",
                   .title = "Can a campaign be found?",
                   .claim = "it can hide",
                   .verdicts = {"Of 10 campaigns, 62 % [48, 75] were found."}};
  page.sections = {{.id = "curves",
                    .title = "Curves",
                    .paragraphs = {"A paragraph."},
                    .figures = {{.caption = "found",
                                 .file_stem = "found",
                                 .views = {{"requests", Line(1), {}}, {"dollars", Line(9), {}}}},
                                {.caption = "alone", .views = {{"requests", Line(1), {}}}},
                                {.caption = "none", .missing = "no log was given"}},
                    .figure_note = "whiskers are intervals",
                    .tables = {{.title = "t", .header = {"a", "b"}, .rows = {{"x", TableCell("1", "#row-1")}}}},
                    .points = {"a point"}}};
  page.caveats = {"It is a simulation."};
  page.grades = {"Measured here: all but the price (assumed)."};
  page.glossary = {{"campaign", "many requests with one aim"}};
  page.command = "build/needle seed=1";
  page.version = "0.1.0";
  page.created_utc = "2026-01-31T12:34:56Z";
  page.last_sections = {{.id = "rows",
                         .title = "Rows",
                         .tables = {{.title = "r", .header = {"a"}, .rows = {{"1"}}, .anchors = {"row-1"}}}}};
  return page;
}

std::vector<DataTable> Data() {
  return {{.file = "summary.csv", .about = "x", .columns = {{"a", "share", "b", ""}}, .rows = {{0.5}}}};
}

TEST(Page, SaysWhatItWasGiven) {
  PageContent page = Small();
  std::vector<std::string> warnings;
  DrawFigures(page, warnings);
  EXPECT_TRUE(warnings.empty());
  const std::string html = RenderPage(page);
  ExpectBalanced(html);
  ExpectLinksLead(html);
  for (const char* text :
       {"it can hide", "62\u00A0% [48, 75]", "A paragraph.", "no log was given", "whiskers are intervals", "a point",
        "It is a simulation.", "all but the price", "<a href=\"#cite\">", "<a href=\"#rows\">Rows</a>",
        "many requests with one aim", "build/needle seed=1", "one line"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
  // One switch for the section, its first view on.
  EXPECT_THAT(html, HasSubstr("<label><input type=\"radio\" name=\"axis-curves\" checked> requests</label>"));
  EXPECT_THAT(html, HasSubstr("<label><input type=\"radio\" name=\"axis-curves\"> dollars</label>"));
  EXPECT_THAT(html, HasSubstr(".switch:has(label:nth-of-type(2) > input:checked)"));
}

TEST(Page, AllowsItsOwnScriptOnly) {
  const std::string html = RenderPage(Small());
  // openssl dgst -sha256 -binary | base64 of the script is what a browser compares.
  const size_t at = html.find("script-src 'sha256-");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(html[at + 19 + 43], '=');
  EXPECT_EQ(html[at + 19 + 44], '\'');
  EXPECT_THAT(html, Not(HasSubstr("script-src 'unsafe-inline'")));
}

TEST(Page, AFigureDrawnElsewhereNeedsWords) {
  PageContent page = Small();
  page.sections[0].figures = {{.caption = "map", .alt = "a \"map\"", .svg = "<svg></svg>"}};
  EXPECT_THAT(RenderPage(page), HasSubstr("<div role=\"img\" aria-label=\"a &quot;map&quot;\"><svg></svg></div>"));
}

TEST(WritePage, WritesAFolder) {
  const TempDir folder;
  EXPECT_TRUE(WritePage(Small(), Data(), folder.path()).empty());
  for (const char* name : {"index.html", "table.md", "table.tex", "summary.csv", "data-dictionary.md", "page.json",
                           "figures/found.svg", "figures/found.pdf", "figures/found-against-dollars.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  }
  EXPECT_THAT(ReadFile(folder.path() / "index.html"),
              HasSubstr("<a href=\"summary.csv\">summary.csv</a>, explained in "));
  const std::string hash = Sha256Hex("a\n0.5\n");
  const nlohmann::json json = ParseJson(ReadFile(folder.path() / "page.json"), {});
  EXPECT_EQ(json["results_sha256"], hash);
  EXPECT_EQ(json["verdicts"][0], Small().verdicts[0]);
  const std::string html = ReadFile(folder.path() / "index.html");
  EXPECT_THAT(html, HasSubstr("@misc{retort_needle_" + hash.substr(0, 8) + ","));
  EXPECT_THAT(html, HasSubstr("sha256 of summary.csv: " + hash));
  EXPECT_THAT(ReadFile(folder.path() / "table.md"), HasSubstr("| x | 1 |"));
  EXPECT_THAT(ReadFile(folder.path() / "table.tex"), HasSubstr("x & 1 \\\\"));
}

TEST(Citation, HostileTitlesStayInTheirField) {
  PageContent page = Small();
  page.title = "a}, url = {x\n@misc{";
  page.experiment = "x y,{";
  const std::string bibtex = BibTex(page);
  EXPECT_THAT(bibtex, HasSubstr("title = {a\\}, url = \\{x @misc\\{}"));
  EXPECT_THAT(bibtex, testing::StartsWith("@misc{retort_x_y___"));
}

}  // namespace
}  // namespace retort
