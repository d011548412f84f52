#include "core/report/index_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/version.h"
#include "core/report/page_files.h"
#include "tests/core/report/html.h"

namespace retort {
namespace {

using testing::HasSubstr;

void WriteSmall(const std::filesystem::path& folder, const std::string& title) {
  PageContent page{
      .experiment = "needle", .title = title, .claim = "a claim", .verdicts = {"62 % [48, 75] were found."}};
  page.version = "0.1.0";
  page.created_utc = "2026-01-31T12:34:56Z";
  WritePage(page, {{.file = "summary.csv", .columns = {{"a", "b", "c", ""}}, .rows = {{1}}}}, folder);
}

TEST(WriteIndex, OneLineAnExperiment) {
  const TempDir folder;
  WriteSmall(folder.path() / "b", "Second");
  WriteSmall(folder.path() / "a #1", "First");
  WriteFileAtomic(folder.path() / "c" / "other.txt", "no page");
  EXPECT_TRUE(WriteIndex(folder.path()).empty());
  const std::string html = ReadFile(folder.path() / "index.html");
  ExpectBalanced(html);
  EXPECT_THAT(html, HasSubstr("<a href=\"a%20%231/index.html\">First</a>"));
  EXPECT_THAT(html, HasSubstr("<a href=\"b/index.html\">Second</a>"));
  EXPECT_LT(html.find("First"), html.find("Second"));
  EXPECT_THAT(html, HasSubstr("<p>62 % [48, 75] were found.</p>"));
  EXPECT_THAT(html, HasSubstr("2026-01-31"));
  EXPECT_TRUE(WriteIndex(folder.path()).empty());  // its own page is none of them
  EXPECT_EQ(ReadFile(folder.path() / "index.html"), html);
}

TEST(WriteIndex, NamesOfArmsAreExplainedWhereVerdictsHaveThem) {
  const TempDir folder;
  PageContent page{.experiment = "x", .title = "x", .verdicts = {"half_right beats other_rule by 0.1."}};
  page.names = {{"half_right", "half of <all>"},
                {"other", "not said"},
                {"rule", "no"},
                {"other_rule_2", "not said"},
                {"other_rule", "another's"}};
  WritePage(page, {{.file = "summary.csv", .columns = {{"a", "b", "c", ""}}, .rows = {{1}}}}, folder.path() / "x");
  WriteIndex(folder.path());
  const std::string html = ReadFile(folder.path() / "index.html");
  ExpectBalanced(html);
  EXPECT_THAT(html,
              HasSubstr("<dl class=\"words\">\n<dt>half_right</dt><dd>half of &lt;all&gt;</dd>\n<dt>other_rule</dt>"
                        "<dd>another&#39;s</dd>\n</dl>"));
  EXPECT_THAT(html, testing::Not(HasSubstr("not said")));
}

TEST(WriteIndex, LeavesOutWhatItCannotRead) {
  const TempDir folder;
  WriteSmall(folder.path() / "a", "<script>alert(1)</script>");
  for (const auto& [name, text] : {std::pair{"b", "{"}, {"c", "[]"}, {"d", "{\"experiment\": 3}"}, {"e", "\xff"}}) {
    WriteFileAtomic(folder.path() / name / "page.json", text);
  }
  const std::vector<std::string> warnings = WriteIndex(folder.path());
  EXPECT_EQ(warnings.size(), 4u);
  for (const std::string& warning : warnings) EXPECT_THAT(warning, HasSubstr("page.json"));
  ExpectBalanced(ReadFile(folder.path() / "index.html"));
}

TEST(WriteIndex, SaysWhatIsMissing) {
  const TempDir folder;
  for (const auto& [path, message] : {std::pair{folder.path(), "holds the page of an experiment"},
                                      {folder.path() / "none", "there is no such folder"}}) {
    try {
      WriteIndex(path);
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

TEST(CitationFile, IsOfThisVersion) {
  const std::string cff = ReadFile(std::filesystem::path(RETORT_SOURCE_DIR) / "CITATION.cff");
  EXPECT_THAT(cff, HasSubstr(std::string("\nversion: ") + kVersion + "\n"));
  EXPECT_THAT(cff, HasSubstr("\nlicense: Apache-2.0\n"));
}

}  // namespace
}  // namespace retort
